"""The client against a service: ASSAY_URL, ASSAY_KEY and ASSAY_GUEST_KEY (of no scope but votes:write) are in the environment."""

import collections
import dataclasses
import datetime
import gzip
import io
import json
import math
import os
import tempfile
import unittest
import uuid

import assay_client
from assay_client import Assay, Refused, RowsRejected, RunFailed, Unavailable, WaitTimeout
from weather import Wire, waits

URL, KEY = os.environ["ASSAY_URL"], os.environ["ASSAY_KEY"]
CLASSES = ["ham", "spam"]


@dataclasses.dataclass
class Answer:
    item: str
    annotator: str
    label: str
    duration_ms: int


class Pandas:
    """What of a DataFrame the client may use; whoever asks for more is told."""

    def __init__(self, columns, rows):
        self.columns, self._rows = columns, rows

    def itertuples(self, index=True, name="Pandas"):
        assert (index, name) == (False, None)
        return iter(self._rows)


class Polars:
    def __init__(self, rows):
        self._rows = rows

    def iter_rows(self, named=False):
        assert named
        return iter(self._rows)


class Records:
    def __init__(self, rows):
        self._rows = rows

    def to_dict(self, orient):
        assert orient == "records"
        return self._rows


class NAType:
    """As pandas' own: it is neither equal to itself nor unequal."""

    def __eq__(self, other):
        return self

    __ne__ = __eq__

    def __bool__(self):
        raise TypeError("boolean value of NA is ambiguous")


class Case(unittest.TestCase):
    def setUp(self):
        self.assay = Assay(URL, KEY)
        self.addCleanup(self.assay.close)
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def project(self, name=None, **rules):
        return self.assay.create_project(name or f"{self.id()} {uuid.uuid4()}", CLASSES, rules=rules)

    def path(self, name, text=None):
        path = os.path.join(self.folder, name)
        if text is not None:
            with open(path, "wb") as file:
                file.write(text if isinstance(text, bytes) else text.encode())
        return path

    def stored(self, project):
        return [(vote["item"], vote["annotator"], vote["class"] or vote["outcome"]) for vote in project.votes() if vote["state"] == "STANDING"]


class Projects(Case):
    def test_are_made_found_and_told_one_by_one(self):
        name = f"found {uuid.uuid4()}"
        made = self.project(name, minVotes=2)
        self.assertEqual([self.assay.project(name).id, self.assay.project(made.id).name, made.classes], [made.id, name, CLASSES])
        self.assertIn(made.id, [project.id for project in self.assay.projects()])
        with self.assertRaises(Refused) as raised:
            self.assay.project("there is none")
        self.assertEqual(raised.exception.code, "NOT_FOUND")
        self.project(name)
        with self.assertRaisesRegex(Refused, "2 projects have the name"):
            self.assay.project(name)

    def test_refusals_have_code_field_and_request(self):
        with self.assertRaises(Refused) as raised:
            self.assay.create_project("one class", ["ham"])
        self.assertEqual((raised.exception.code, bool(raised.exception.request_id)), ("INVALID_INPUT", True))
        with self.assertRaises(Refused) as raised:
            Assay(URL, os.environ["ASSAY_GUEST_KEY"]).create_project("mine", CLASSES)
        self.assertEqual(raised.exception.code, "FORBIDDEN")
        with self.assertRaises(Refused) as raised:
            Assay(URL, "assay_unknown").query("{ workspace { id } }")
        self.assertEqual(raised.exception.code, "UNAUTHENTICATED")


class Votes(Case):
    def test_come_as_dicts_tuples_dataclasses_and_rows_of_csv(self):
        project = self.project("votes of rows")
        named = collections.namedtuple("Named", "task worker label")
        rows = [
            {"item": "a", "annotator": "ann", "class": "ham", "time": datetime.datetime(2026, 1, 31, 12), "durationMs": 1200.0, "comment": "sure", "voteId": 7},
            ("a", "bob", "spam"), named("a", "cid", "spam"), Answer("b", "ann", "ham", 5), ["b", "bob", None, "UNSURE"],
            {"task": 12, "Worker": "ann", "Label": "ham", "class_name": "what is this"}, {"item": "c", "annotator": "ann", "class": "", "outcome": None},
        ]
        result = project.submit_votes(rows)
        self.assertEqual((result.rows, result.created, result.rejected, result.unanswered, result.unread_columns), (7, 6, [], 1, ["class_name"]))
        first = next(iter(project.votes()))
        self.assertEqual((first["time"], first["durationMs"], first["comment"], first["voteId"]), ("2026-01-31T12:00:00.000Z", 1200, "sure", "7"))
        self.assertEqual(project.submit_votes(iter([("z", "ann", "ham")]), map=None).created, 1)
        mapped = project.submit_votes([{"HITId": "d", "WorkerId": "ann", "Answer": "ham", "item": "not this"}], map={"item": "HITId", "annotator": "WorkerId", "class": "Answer"})
        self.assertEqual((mapped.created, mapped.unread_columns), (1, ["item"]))

    def test_come_as_dataframes_whose_missing_cells_are_no_value(self):
        project = self.project("votes of frames")
        columns = ["item", "annotator", "label", "durationMs", "text of it"]
        frames = [
            Pandas(columns, [(1.0, "ann", "ham", math.nan, "x"), (2.0, "ann", math.nan, 3.0, "x"), (3, "bob", NAType(), 3.0, "x"), (4, "bob", "spam", 3.0, "x")]),
            Polars([{"item": "5", "annotator": "ann", "class": "ham", "comment": None}]), Records([{"item": "6", "annotator": "ann", "class": "ham", "time": NAType()}]),
        ]
        told = [project.submit_votes(frame) for frame in frames]
        self.assertEqual([(one.created, one.unanswered, one.unread_columns) for one in told], [(2, 2, ["text of it"]), (1, 0, []), (1, 0, [])])

    def test_that_are_rejected_are_told_with_their_place_among_all(self):
        project = self.project("votes with faults")
        bad = {3: ("i3", "ann", "lard"), 4_999: ("", "ann", "ham"), 9_999: {"item": "x", "annotator": "ann", "class": "ham", "time": "yesterday"}, 10_000: ("i", "ann", True),
               10_002: ("i", "ann", "hamm"), 20_100: 5, 20_101: {"item": "x", "annotator": "ann", "class": "ham", "durationMs": 2 ** 40}, 20_102: {"item": "x", "annotator": "ann"}}
        rows = [bad.get(index, (f"i{index}", "ann", "ham")) for index in range(20_110)]
        result = project.submit_votes(iter(rows), on_rejected="collect")
        self.assertEqual([(one.index, one.row) for one in result.rejected], sorted(bad.items()))
        self.assertEqual((result.rows, result.created, result.rejected_count), (20_110, 20_102, 8))
        self.assertEqual([one.code for one in result.rejected], ["UNKNOWN_CLASS", "MISSING", "WRONG_TYPE", "WRONG_TYPE", "UNKNOWN_CLASS", "MALFORMED", "OUT_OF_RANGE", result.rejected[-1].code])
        self.assertIn('class "lard" is not among "ham", "spam"', result.rejected[0].message)
        with self.assertRaisesRegex(RowsRejected, r"1 of 2 rows are rejected, the others are stored; the first, row 1: class \"lard\"") as raised:
            project.submit_votes([("j", "ann", "ham"), ("j", "bob", "lard")])
        self.assertEqual((raised.exception.result.created, raised.exception.rejected[0].index), (1, 1))

    def test_whose_answers_are_lost_are_counted_once(self):
        project = self.project("votes once", repeatPolicy="KEEP_ALL")
        # The first connection is torn before a byte of its answer comes, the second in the middle of what is sent.
        with Wire(URL, ("down", 0), ("up", 300_000)) as wire, waits(really=0.1), Assay(wire.url, KEY, retries=60) as assay:
            result = assay_client.Project(assay, project.data).submit_votes((f"i{index}", "ann", "ham") for index in range(12_000))
        self.assertEqual((wire.torn, result.created, result.duplicate, result.replayed), (2, 12_000, 0, 1))
        self.assertEqual(sum(1 for _ in project.rows("votes")), 12_000)

    def test_may_be_sent_again_by_another_process_under_a_key_of_its_own(self):
        project = self.project("votes again", repeatPolicy="KEEP_ALL")
        rows = [("a", "ann", "ham"), ("b", "ann", "ham")]
        with Wire(URL, ("down", 0)) as wire, Assay(wire.url, KEY, retries=0) as assay, self.assertRaises(Unavailable) as raised:
            assay_client.Project(assay, project.data).submit_votes(rows)
        again = project.submit_votes(rows, idempotency_key=raised.exception.idempotency_key)
        self.assertEqual((again.created, again.replayed, len(self.stored(project))), (2, 1, 2))

    def test_are_withdrawn(self):
        project = self.project()
        project.submit_votes([("a", "ann", "ham"), ("b", "ann", "ham")])
        self.assertEqual([one["status"] for one in project.withdraw_votes([{"item": "a", "annotator": "ann"}])], ["WITHDRAWN"])
        self.assertEqual(self.stored(project), [("b", "ann", "ham")])
        self.assertEqual([vote["state"] for vote in project.votes()], ["WITHDRAWN", "STANDING"])


class Files(Case):
    CSV = "item,annotator,class\na,ann,ham\na,bob,spamm\nb,ann,spam\n"

    def test_of_votes_come_by_path_as_bytes_and_opened_plain_and_gzip(self):
        ndjson = b'{"item":"a","annotator":"ann","class":"ham"}\n{"item":"b","annotator":"ann","class":"spam"}\n'
        for file in (self.path("votes.csv", self.CSV), self.CSV.encode(), gzip.compress(self.CSV.encode()), io.BytesIO(self.CSV.encode()), ndjson, gzip.compress(ndjson)):
            project = self.project()
            result = project.upload_votes(file, on_rejected="collect")
            self.assertEqual(self.stored(project), [("a", "ann", "ham"), ("b", "ann", "spam")])
            self.assertEqual([(one.line, one.code) for one in result.rejected], [] if result.rows == 2 else [(3, "UNKNOWN_CLASS")])
        with self.assertRaisesRegex(RowsRejected, "line 3: class"):
            self.project().upload_votes(self.CSV.encode())

    def test_of_votes_may_be_wide_have_other_names_and_be_another_platforms(self):
        project = self.project("votes of files")
        self.assertEqual(project.upload_votes(b"id,ann,bob\n1,ham,\n2,spam,ham\n", wide=True).created, 3)
        self.assertEqual(project.upload_votes(b"HITId;WorkerId;Answer\n3;ann;ham\n", map={"item": "HITId", "annotator": "WorkerId", "class": "Answer"}).created, 1)
        foreign = [{"id": 9, "data": {"text": "one"}, "annotations": [{"id": 11, "completed_by": 5, "result": [{"from_name": "kind", "type": "choices", "value": {"choices": [label]}}]} for label in ("ham", "lard")]}]
        told = project.upload_votes(json.dumps(foreign).encode(), from_="label-studio", options={"question": "kind", "dryRun": True}, on_rejected="collect")
        self.assertEqual((told.answer["dryRun"], told.answer["unknownClasses"]), (True, {"lard": 1}))
        told = project.upload_votes(json.dumps(foreign).encode(), from_="label-studio", options={"question": "kind"}, on_rejected="collect")
        self.assertEqual((told.created, told.rejected_count, told.rejected[0].code), (1, 1, "UNKNOWN_CLASS"))
        self.assertIn("/0/annotations/1", told.rejected[0].at)

    def test_that_break_off_go_on_behind_what_is_stored(self):
        project = self.project("votes of a torn upload", repeatPolicy="KEEP_ALL")
        body = b"item,annotator,class\n" + b"".join(b"item number %d,annotator,ham\n" % index for index in range(22_000))
        with Wire(URL, ("up", 400_000), ("up", 500_000), ("down", 0)) as wire, waits(really=0.1), Assay(wire.url, KEY, retries=60) as assay:
            result = assay_client.Project(assay, project.data).upload_votes(self.path("votes.csv", body))
        self.assertEqual((wire.torn, result.rows, result.created), (3, 22_000, 22_000))
        self.assertGreater(result.answer["resumedAfterRows"], 0)
        self.assertEqual(sum(1 for _ in project.rows("votes")), 22_000)

    def test_of_votes_that_break_off_for_good_go_on_under_the_same_key(self):
        project = self.project(repeatPolicy="KEEP_ALL")
        path = self.path("votes.csv", self.CSV.replace("spamm", "spam"))
        with Wire(URL, ("down", 0)) as wire, Assay(wire.url, KEY, retries=0) as assay, self.assertRaises(Unavailable) as raised:
            assay_client.Project(assay, project.data).upload_votes(path)
        self.assertEqual(project.upload_votes(path, idempotency_key=raised.exception.idempotency_key).created, 3)
        self.assertEqual(len(self.stored(project)), 3)
        with self.assertRaisesRegex(Refused, "differs") as refused:
            project.upload_votes(b"item,annotator,class\nz,ann,ham\n", idempotency_key=raised.exception.idempotency_key)
        self.assertEqual(refused.exception.code, "CONFLICT")

    def test_that_are_refused_at_the_door_say_so_however_long_they_are(self):
        body = b"item,annotator,class\n" + b"an item,ann,ham\n" * 500_000
        with Assay(URL, "assay_unknown", retries=0) as assay, self.assertRaises(Refused) as raised:
            assay_client.Project(assay, self.project().data).upload_votes(body)
        self.assertEqual(raised.exception.code, "UNAUTHENTICATED")

    def test_of_items_gold_and_predictions(self):
        project = self.project("files of all kinds")
        self.assertEqual(project.upload_items(b'{"item":"a","payload":{"n":1}}\n').created, 1)
        self.assertEqual(project.upload_gold(b"item,class\na,ham\n").created, 1)
        told = project.upload_predictions(b"item,p_ham,p_spam\na,0.5,0.5\nb,2,0\n", model="m", version="1", out_of_sample=True, on_rejected="collect")
        self.assertEqual((told.created, [(one.line, one.code) for one in told.rejected]), (1, [(3, "NOT_A_PROBABILITY")]))


class RowsOfOtherKinds(Case):
    def test_items_gold_and_predictions_are_told_row_by_row(self):
        project = self.project("rows of all kinds")
        items = project.add_items([{"item": "a", "payload": {"text": "é", "n": [1, 2.5, None]}}, ("b", "plain"), "c", {"item": "d", "payload": {"n": math.nan}}, {"item": "a"}], on_rejected="collect")
        self.assertEqual([(one.index, one.code) for one in items.rejected], [(2, "MALFORMED"), (3, "MALFORMED"), (4, "REPEATED_ROW")])
        self.assertEqual([(row["item"], row["payload"]) for row in project.items()], [("a", {"text": "é", "n": [1, 2.5, None]}), ("b", "plain")])
        self.assertEqual(project.add_items([("a",)]).unchanged, 1)
        gold = project.set_gold([("a", "ham", "known"), ("b", "lard")], on_rejected="collect")
        self.assertEqual((gold.created, [(one.index, one.code) for one in gold.rejected]), (1, [(1, "UNKNOWN_CLASS")]))
        self.assertEqual([one["status"] for one in project.remove_gold(["a", "b"])], ["UPDATED", "UNCHANGED"])
        told = project.submit_predictions(
            [("a", [0.25, 0.75]), {"item": "b", "probabilities": {"spam": 1, "ham": 0}}, {"item": "c", "p_ham": 0.5, "p_spam": 0.5, "text": ""}, ("d", [0.5, 0.6]), ("e", {"ham": 1}), ("f", [math.nan, 1])],
            model="m", version="1", on_rejected="collect")
        self.assertEqual((told.created, told.unread_columns, [(one.index, one.code) for one in told.rejected]), (3, ["text"], [(3, "WRONG_SUM"), (4, "WRONG_LENGTH"), (5, "NOT_A_PROBABILITY")]))
        self.assertEqual([(row["item"], row["p_ham"], row["p_spam"]) for row in project.rows("predictions", model="m")], [("a", 0.25, 0.75), ("b", 0, 1), ("c", 0.5, 0.5)])

    def test_a_version_of_predictions_is_complete_with_the_last_call(self):
        project = self.project()
        project.submit_predictions(((f"i{index}", [0.5, 0.5]) for index in range(10_001)), model="m", version="1")
        models = self.assay.query("query ($id: ID!) { project(id: $id) { predictionModels { versions { complete rows } } } }", {"id": project.id})["project"]["predictionModels"]
        self.assertEqual(models, [{"versions": [{"complete": True, "rows": 10_001}]}])


class Results(Case):
    @classmethod
    def setUpClass(cls):
        cls.shared = Assay(URL, KEY).create_project("results", CLASSES)
        cls.shared.submit_votes((f"i{index}", f"ann{worker}", CLASSES[(index * 7 + worker * (index % 5 == 0)) % 2]) for index in range(3_000) for worker in range(3))
        cls.seen = []
        cls.done = cls.shared.start_run(method="dawid-skene", options={"maxIterations": 20}).wait(progress=lambda run: cls.seen.append(run.status))

    def test_a_run_is_waited_for_and_tells_how_it_goes(self):
        self.assertEqual((self.seen[-1], self.done.data["options"]["maxIterations"], self.shared.current_run.id, self.shared.run(self.done.id).status), ("SUCCEEDED", 20, self.done.id, "SUCCEEDED"))
        with self.assertRaisesRegex(Refused, "method"):
            self.shared.start_run(method="none such")

    def test_a_run_that_fails_or_is_not_done_in_time_says_so(self):
        empty = self.project()
        with self.assertRaisesRegex(RunFailed, "FAILED: .*vote") as raised:
            empty.start_run(method="majority-vote").wait()
        self.assertEqual(raised.exception.run.data["failure"], str(raised.exception).split("FAILED: ")[1])
        run = assay_client.Run(self.assay, {**self.done.data, "status": "QUEUED"})
        run.refresh = lambda: run
        with self.assertRaisesRegex(WaitTimeout, "goes on"):
            run.wait(timeout=0)
        run.data["status"] = "CANCELLED"
        with self.assertRaisesRegex(RunFailed, "CANCELLED: it was cancelled"):
            run.wait()

    def test_soft_labels_come_page_by_page_and_no_sooner(self):
        asked = []
        query = self.shared.assay.query
        self.shared.assay.query = lambda *given, **more: asked.append(given) or query(*given, **more)
        self.addCleanup(delattr, self.shared.assay, "query")
        labels = self.shared.soft_labels(page_size=100, order_by="ENTROPY DESC", filter={"votes": {"min": 1}})
        self.assertEqual(len(asked), 0)
        first = next(labels)
        self.assertEqual((len(asked), sorted(first["probabilities"]), first["votes"]), (1, CLASSES, 3))
        self.assertEqual(1 + sum(1 for _ in labels), 3_000)
        self.assertEqual(len(asked), 30)
        self.assertEqual([row["annotator"] for row in self.shared.annotators()], ["ann0", "ann1", "ann2"])
        project = self.project()
        project.submit_votes([("a", "ann", "ham")])
        project.start_run(method="majority-vote").wait()
        project.submit_votes([("a", "bob", "ham")])
        for _ in range(600):
            live = list(project.live_soft_labels())
            if live:
                break
            assay_client.time.sleep(0.1)
        self.assertEqual([(label["item"], label["votes"], label["live"]) for label in live], [("a", 2, True)])

    def test_a_download_that_is_torn_equals_one_that_is_not(self):
        for table, choices in (("soft-labels", {"run": self.done.id}), ("soft-labels", {}), ("votes", {"history": True})):
            for format in ("csv", "ndjson"):
                whole = self.shared.download(table, self.path("whole"), format=format, **choices)
                with Wire(URL, ("down", 20_000), ("down", 0), ("down", 70_001)) as wire, waits(), Assay(wire.url, KEY) as assay:
                    torn = assay_client.Project(assay, self.shared.data).download(table, self.path("torn"), format=format, **choices)
                with open(whole.path, "rb") as one, open(torn.path, "rb") as other:
                    self.assertTrue(one.read() == other.read())
                self.assertEqual((wire.torn, torn.bytes, torn.run, sorted(os.listdir(self.folder))), (3, whole.bytes, whole.run, ["torn", "whole"]))

    def test_rows_of_a_torn_download_are_those_of_one_that_is_not(self):
        with Wire(URL, ("down", 30_003), ("down", 0), ("down", 50_000)) as wire, waits(), Assay(wire.url, KEY) as assay:
            rows = list(assay_client.Project(assay, self.shared.data).rows("soft-labels"))
        self.assertEqual((wire.torn, rows), (3, list(self.shared.rows("soft-labels"))))
        self.assertEqual((len(rows), type(rows[0]["votes"]), type(rows[0]["tie"])), (3_000, int, bool))

    def test_what_cannot_be_had_is_refused_before_there_is_a_file(self):
        for table, code in (("soft-labels", "CONFLICT"), ("no-such-table", "NOT_FOUND")):
            with self.assertRaises(Refused) as raised:
                self.project().download(table, self.path("none.csv"))
            self.assertEqual((raised.exception.code, os.listdir(self.folder)), (code, []))


class Labelling(Case):
    def test_items_are_given_kept_given_back_and_skipped(self):
        project = self.project("labelling")
        project.add_items([(f"i{index}", {"text": str(index)}) for index in range(3)])
        leases = project.next_items("ann", count=2)
        for _ in range(600):
            if len(leases) == 2:
                break
            self.assertEqual(leases.reason, "NOT_READY")
            assay_client.time.sleep(0.1)
            leases.extend(project.next_items("ann", count=2 - len(leases)))
        self.assertEqual(sorted(leases[0]), sorted(assay_client.Lease.__annotations__))
        self.assertEqual([one["status"] for one in project.heartbeat("ann", leases, lease_seconds=600)], ["LIVE", "LIVE"])
        self.assertEqual([one["status"] for one in project.release("ann", [leases[0]])], ["RELEASED"])
        self.assertEqual([one["status"] for one in project.skip("ann", [leases[1]["id"], leases[0]["id"]])], ["SKIPPED", "REJECTED"])
        self.assertEqual(self.stored(project), [(leases[1]["item"], "ann", "SKIP")])
        nothing = self.project().next_items("ann")
        self.assertEqual((nothing, nothing.reason, project.heartbeat("ann", nothing)), ([], "NO_ITEMS", []))


if __name__ == "__main__":
    unittest.main()
