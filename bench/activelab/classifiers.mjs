// The two small deterministic classifiers of the benchmark (see README.md). Both return predict(item) -> K probabilities.

/** Five nearest neighbours by Euclidean distance on standardised features; equally near: the lower item first. */
export function nearestNeighbours(features, classCount, trainItems, labels) {
  const neighbours = 5;
  const train = [...trainItems].sort((a, b) => a - b);
  const width = features.width;
  const { standardised } = features;
  return (item) => {
    const distances = new Float64Array(neighbours).fill(Infinity);
    const nearest = new Int32Array(neighbours);
    for (const other of train) {
      let sum = 0;
      for (let f = 0; f < width; f++) {
        const difference = standardised[item * width + f] - standardised[other * width + f];
        sum += difference * difference;
      }
      if (!(sum < distances[neighbours - 1])) continue;
      let at = neighbours - 1;
      for (; at > 0 && distances[at - 1] > sum; at--) {
        distances[at] = distances[at - 1];
        nearest[at] = nearest[at - 1];
      }
      distances[at] = sum;
      nearest[at] = other;
    }
    const shares = new Float64Array(classCount);
    let total = 0;
    for (let n = 0; n < neighbours; n++) {
      const weight = 1 / (Math.sqrt(distances[n]) + 1e-6);
      shares[labels[nearest[n]]] += weight;
      total += weight;
    }
    return shares.map((share) => (0.95 * share) / total + 0.05 / classCount);
  };
}

/** Multinomial regression: 150 steps of gradient descent with momentum from zero weights. */
export function softmaxRegression(features, classCount, trainItems, labels) {
  const { sparse, width } = features;
  const train = [...trainItems].sort((a, b) => a - b);
  // Rows of weights are padded to whole fives, which are kept in locals: twice as fast as a loop over the classes.
  const stride = 5 * Math.ceil(classCount / 5);
  const size = (width + 1) * stride;
  const weights = new Float64Array(size);
  const velocity = new Float64Array(size);
  const gradient = new Float64Array(size);
  const row = new Float64Array(stride);
  for (let step = 0; step < 150; step++) {
    gradient.fill(0);
    for (const item of train) {
      multiply(sparse[item], weights, stride, row);
      toProbabilities(row, classCount);
      row[labels[item]] -= 1;
      addOuter(gradient, stride, sparse[item], row);
    }
    for (let i = 0; i < size; i++) {
      velocity[i] = 0.9 * velocity[i] - 0.5 * (gradient[i] / train.length + 0.001 * weights[i]);
      weights[i] += velocity[i];
    }
  }
  return (item) => {
    multiply(sparse[item], weights, stride, row);
    toProbabilities(row, classCount);
    return row.slice(0, classCount);
  };
}

function multiply({ columns, values }, weights, stride, out) {
  for (let k = 0; k < stride; k += 5) {
    let a = 0, b = 0, c = 0, d = 0, e = 0;
    for (let i = 0; i < columns.length; i++) {
      const at = columns[i] * stride + k;
      const x = values[i];
      a += x * weights[at];
      b += x * weights[at + 1];
      c += x * weights[at + 2];
      d += x * weights[at + 3];
      e += x * weights[at + 4];
    }
    out[k] = a;
    out[k + 1] = b;
    out[k + 2] = c;
    out[k + 3] = d;
    out[k + 4] = e;
  }
}

function addOuter(into, stride, { columns, values }, errors) {
  for (let k = 0; k < stride; k += 5) {
    const a = errors[k], b = errors[k + 1], c = errors[k + 2], d = errors[k + 3], e = errors[k + 4];
    for (let i = 0; i < columns.length; i++) {
      const at = columns[i] * stride + k;
      const x = values[i];
      into[at] += x * a;
      into[at + 1] += x * b;
      into[at + 2] += x * c;
      into[at + 3] += x * d;
      into[at + 4] += x * e;
    }
  }
}

/** The first classCount numbers become their softmax, the padding 0. */
function toProbabilities(row, classCount) {
  let most = -Infinity;
  for (let k = 0; k < classCount; k++) if (row[k] > most) most = row[k];
  let total = 0;
  for (let k = 0; k < classCount; k++) total += row[k] = Math.exp(row[k] - most);
  for (let k = 0; k < classCount; k++) row[k] /= total;
  row.fill(0, classCount);
}
