/*
 * Dawid-Skene EM as fast as C goes here, to compare the library with: the same buckets, fused passes and rescaling, compiled
 * for one K (-DK=5) with -O3 -march=native. Reads the crowd that bench.mjs wrote and prints one JSON line.
 *
 *   best FILE PASSES THREADS
 *
 * FILE: int32 N, V, annotators, rows; offsets[N + 1] and row index[V] of the votes by item; row offsets[annotators + 1].
 */
#define _GNU_SOURCE
#include <math.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define RESCALE 16
#define NEGLIGIBLE 1e-15
#define LEAST 1e-10
/* Rows start on a 16- or 32-byte boundary; of 4, 5, 6 and 8 doubles for K = 5, this was fastest. */
#ifndef STRIDE
#define STRIDE (K <= 2 ? 2 : (K + 3) / 4 * 4)
#endif
#if K > 2
typedef double lanes __attribute__((vector_size(32)));
#else
typedef double lanes __attribute__((vector_size(16)));
#endif
#define LANES ((int)(sizeof(lanes) / sizeof(double)))
#define L (STRIDE / LANES)

typedef struct { int n, first, count; size_t codes; } Chunk;

static int N, V, M, R, chunkCount, threads;
static int32_t *codes;
static Chunk *chunks;
static double *confusion, *prior, *posteriors;
static double *counts[2], *classCounts[2], logLikelihood[2];

static inline __attribute__((always_inline)) double sum(const lanes *w) {
  lanes s = w[0];
  for (int l = 1; l < L; l++) s += w[l];
  double t = 0;
  for (int i = 0; i < LANES; i++) t += s[i];
  return t;
}

/* Padding lanes hold 0 in the prior, so they stay 0. */
static inline __attribute__((always_inline)) double items(const int n, const Chunk *c, double *count, double *classCount) {
  const int32_t *code = codes + c->codes;
  double product = 1;
  int64_t exponent = 0;
  lanes totals[L], start[L];
  for (int l = 0; l < L; l++) { totals[l] = (lanes){0}; start[l] = ((const lanes *)prior)[l]; }
  for (int i = 0; i < c->count; i++, code += n) {
    lanes w[L];
    double s;
    for (int l = 0; l < L; l++) w[l] = start[l];
    for (int j = 0; j < n; j++) {
      const lanes *row = (const lanes *)(confusion + code[j]);
      for (int l = 0; l < L; l++) w[l] *= row[l];
      if ((j + 1) % RESCALE == 0 && j + 1 < n) {
        int e;
        s = sum(w);
        product = frexp(product * s, &e);
        exponent += e;
        for (int l = 0; l < L; l++) w[l] /= s;
      }
    }
    s = sum(w);
    product *= s;
    uint64_t bits;
    memcpy(&bits, &product, 8);
    exponent += (int64_t)(bits >> 52) - 1023;
    bits = (bits & 0xFFFFFFFFFFFFFull) | 0x3FF0000000000000ull;
    memcpy(&product, &bits, 8);
    s = 1 / s;
    for (int l = 0; l < L; l++) w[l] *= s;
    lanes *posterior = (lanes *)(posteriors + (size_t)(c->first + i) * STRIDE);
    for (int l = 0; l < L; l++) { posterior[l] = w[l]; totals[l] += w[l]; }
#if K <= 10
    for (int j = 0; j < n; j++) {
      lanes *row = (lanes *)(count + code[j]);
      for (int l = 0; l < L; l++) row[l] += w[l];
    }
#else
    int kept = 0, which[K];
    const double *p = (const double *)w;
    for (int k = 0; k < K; k++) { which[kept] = k; kept += p[k] > NEGLIGIBLE; }
    for (int j = 0; j < n; j++) for (int x = 0; x < kept; x++) count[code[j] + which[x]] += p[which[x]];
#endif
  }
  for (int l = 0; l < L; l++) ((lanes *)classCount)[l] += totals[l];
  return log(product) + exponent * M_LN2;
}

static void *shard(void *arg) {
  const int t = (int)(intptr_t)arg;
  const int from = (int)((long)chunkCount * t / threads), to = (int)((long)chunkCount * (t + 1) / threads);
  memset(counts[t], 0, sizeof(double) * STRIDE * (size_t)R);
  memset(classCounts[t], 0, sizeof(double) * STRIDE);
  double ll = 0;
  for (int c = from; c < to; c++) {
    const Chunk *k = chunks + c;
#define CASE(n) case n: ll += items(n, k, counts[t], classCounts[t]); break;
    switch (k->n) {
      CASE(1) CASE(2) CASE(3) CASE(4) CASE(5) CASE(6) CASE(7) CASE(8) CASE(9) CASE(10) CASE(11) CASE(12)
      default: ll += items(k->n, k, counts[t], classCounts[t]);
    }
  }
  logLikelihood[t] = ll;
  return NULL;
}

static pthread_barrier_t begin, end;
static volatile int finished;
static void *helper(void *arg) {
  for (;;) {
    pthread_barrier_wait(&begin);
    if (finished) return NULL;
    shard(arg);
    pthread_barrier_wait(&end);
  }
}

static double pass(const int32_t *rowOffsets) {
  if (threads > 1) pthread_barrier_wait(&begin);
  shard((void *)0);
  double ll = logLikelihood[0];
  if (threads > 1) {
    pthread_barrier_wait(&end);
    ll += logLikelihood[1];
    for (size_t i = 0; i < (size_t)R * STRIDE; i++) counts[0][i] += counts[1][i];
    for (int k = 0; k < K; k++) classCounts[0][k] += classCounts[1][k];
  }
  for (int a = 0; a < M; a++) {
    double totals[STRIDE] = {0};
    for (int r = rowOffsets[a]; r < rowOffsets[a + 1]; r++)
      for (int k = 0; k < K; k++) {
        double *x = counts[0] + (size_t)r * STRIDE + k;
        totals[k] += *x < LEAST ? (*x = LEAST) : *x;
      }
    for (int k = 0; k < K; k++) totals[k] = 1 / totals[k];
    for (int r = rowOffsets[a]; r < rowOffsets[a + 1]; r++)
      for (int k = 0; k < K; k++) confusion[(size_t)r * STRIDE + k] = counts[0][(size_t)r * STRIDE + k] * totals[k];
  }
  double total = 0;
  for (int k = 0; k < K; k++) total += classCounts[0][k];
  for (int k = 0; k < K; k++) prior[k] = fmax(classCounts[0][k] / total, LEAST);
  return ll;
}

static void *get(size_t count, size_t size) {
  void *p = aligned_alloc(64, (count * size + 127) / 64 * 64);
  if (!p) exit(1);
  memset(p, 0, count * size);
  return p;
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e9 + t.tv_nsec;
}

int main(int argc, char **argv) {
  FILE *f = argc == 4 ? fopen(argv[1], "rb") : NULL;
  int32_t head[4];
  if (!f || fread(head, 4, 4, f) != 4) return 2;
  N = head[0]; V = head[1]; M = head[2]; R = head[3];
  const int passes = atoi(argv[2]);
  threads = atoi(argv[3]);
  int32_t *offsets = get((size_t)N + 1, 4), *rows = get((size_t)V, 4), *labels = get((size_t)V, 4), *rowOffsets = get((size_t)M + 1, 4);
  if (fread(offsets, 4, (size_t)N + 1, f) != (size_t)N + 1 || fread(rows, 4, (size_t)V, f) != (size_t)V) return 2;
  if (fread(labels, 4, (size_t)V, f) != (size_t)V || fread(rowOffsets, 4, (size_t)M + 1, f) != (size_t)M + 1) return 2;
  int most = 0;
  for (int i = 0; i < N; i++) if (offsets[i + 1] - offsets[i] > most) most = offsets[i + 1] - offsets[i];
  codes = get((size_t)V, 4);
  chunks = get((size_t)N / 512 + (size_t)most + 2, sizeof(Chunk));
  confusion = get((size_t)R * STRIDE, 8);
  prior = get(STRIDE, 8);
  posteriors = get((size_t)N * STRIDE, 8);
  for (int t = 0; t < 2; t++) { counts[t] = get((size_t)R * STRIDE, 8); classCounts[t] = get(STRIDE, 8); }
  size_t at = 0;
  int place = 0;
  for (int n = 1; n <= most; n++) {
    Chunk *c = NULL;
    for (int i = 0; i < N; i++) {
      if (offsets[i + 1] - offsets[i] != n) continue;
      if (!c || c->count == 512) { c = chunks + chunkCount++; *c = (Chunk){n, place, 0, at}; }
      c->count++;
      place++;
      /* Start from the vote shares, like the library. */
      for (int v = offsets[i]; v < offsets[i + 1]; v++) {
        classCounts[0][labels[v]] += 1.0 / n;
        for (int u = offsets[i]; u < offsets[i + 1]; u++) counts[0][(size_t)rows[v] * STRIDE + labels[u]] += 1.0 / n;
        codes[at++] = rows[v] * STRIDE;
      }
    }
  }
  double *counts0 = counts[0];
  for (int a = 0; a < M; a++) {
    double totals[STRIDE] = {0};
    for (int r = rowOffsets[a]; r < rowOffsets[a + 1]; r++)
      for (int k = 0; k < K; k++) { double *x = counts0 + (size_t)r * STRIDE + k; totals[k] += *x < LEAST ? (*x = LEAST) : *x; }
    for (int r = rowOffsets[a]; r < rowOffsets[a + 1]; r++)
      for (int k = 0; k < K; k++) confusion[(size_t)r * STRIDE + k] = counts0[(size_t)r * STRIDE + k] / totals[k];
  }
  double total = 0;
  for (int k = 0; k < K; k++) total += classCounts[0][k];
  for (int k = 0; k < K; k++) prior[k] = fmax(classCounts[0][k] / total, LEAST);
  pthread_t thread;
  if (threads > 1) {
    pthread_barrier_init(&begin, NULL, 2);
    pthread_barrier_init(&end, NULL, 2);
    pthread_create(&thread, NULL, helper, (void *)1);
  }
  double best = INFINITY, ll = 0;
  for (int p = 0; p < passes; p++) {
    const double start = now();
    ll = pass(rowOffsets);
    const double took = now() - start;
    if (took < best) best = took;
  }
  printf("{\"nsPerVote\":%.4f,\"logLikelihood\":%.9f}\n", best / V, ll);
  if (threads > 1) { finished = 1; pthread_barrier_wait(&begin); pthread_join(thread, NULL); }
  return 0;
}
