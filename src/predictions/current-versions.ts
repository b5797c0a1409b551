/**
 * The versions that runs and scores read: of each active model of the project $1 the one chosen, or else the newest complete
 * one. Models without any are left out. The columns are model and id.
 */
export const CURRENT_VERSIONS = `
  select models.model, version.id
  from prediction_models models
  join lateral (
    select coalesce(models.pinned_version, max(versions.id)) as id from prediction_versions versions
    where versions.project_id = models.project_id and versions.model = models.model and versions.complete
  ) version on version.id is not null
  where models.project_id = $1 and models.active
  order by models.model`;

/** A warning for each version whose model had seen the items it predicts. */
export function notOutOfSample(versions: readonly { model: string; version: string; outOfSample: boolean }[]): string[] {
  return versions.filter(({ outOfSample }) => !outOfSample)
    .map(({ model, version }) => `the predictions of model ${JSON.stringify(model)}, version ${JSON.stringify(version)}, are not out of sample: the model counts for more than it should`);
}
