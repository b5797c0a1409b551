"""GLAD as the usual Python implementation computes it (see ../shared/golden/README.md), for a time to compare with:
one row for every vote and class, and per EM iteration at most 25 steps of scipy's nonlinear conjugate gradient.

Written in numpy from that description. The implementation it stands for moves the same rows through pandas joins and
group-bys at every step.

    python3 bench/methods/glad_reference.py ../shared/datasets/web/votes.csv
"""
import csv
import sys
import time

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, logsumexp


def codes(names):
    unique, index = np.unique(names, return_inverse=True)
    return index, len(unique)


def softplus(x):
    return np.logaddexp(0, x)


def glad(item, annotator, label, N, M, K):
    row_item, row_annotator = np.repeat(item, K), np.repeat(annotator, K)
    row_class = np.tile(np.arange(K), len(item))
    right = row_class == np.repeat(label, K)
    cell = row_item * K + row_class
    alpha, beta = np.ones(M), np.ones(N)

    def log_likelihood(alpha, beta):
        x = alpha[row_annotator] * np.exp(beta[row_item])
        return np.where(right, -softplus(-x), -softplus(x) - np.log(K - 1))

    def e_step(alpha, beta):
        logs = np.bincount(cell, log_likelihood(alpha, beta), N * K).reshape(N, K)
        return np.exp(logs - logsumexp(logs, axis=1, keepdims=True)).ravel()[cell]

    def objective(parameters, posterior):
        alpha, beta = parameters[:M], parameters[M:]
        priors = -0.5 * np.sum((parameters - 1) ** 2) - 0.5 * len(parameters) * np.log(2 * np.pi)
        return -(np.sum(posterior * log_likelihood(alpha, beta)) + priors)

    def gradient(parameters, posterior):
        alpha, beta = parameters[:M], parameters[M:]
        ease = np.exp(beta[row_item])
        excess = posterior * (right - expit(alpha[row_annotator] * ease)) * ease
        d_alpha = np.bincount(row_annotator, excess, M) - (alpha - 1)
        d_beta = np.bincount(row_item, excess * alpha[row_annotator], N) - (beta - 1)
        return -np.concatenate([d_alpha, d_beta])

    last, iterations = -objective(np.concatenate([alpha, beta]), e_step(alpha, beta)), 0
    while iterations < 100:
        iterations += 1
        posterior = e_step(alpha, beta)
        found = minimize(objective, np.concatenate([alpha, beta]), (posterior,), 'CG', gradient, tol=0.01, options={'maxiter': 25})
        alpha, beta = found.x[:M], found.x[M:]
        reached = -objective(found.x, posterior) / len(cell)
        if reached - last < 1e-5:
            break
        last = reached
    return iterations, reached


for path in sys.argv[1:]:
    with open(path, newline='', encoding='utf-8') as file:
        rows = list(csv.DictReader(file))
    (item, N), (annotator, M), (label, K) = (codes([row[name] for row in rows]) for name in ('item', 'annotator', 'label'))
    before = time.process_time()
    iterations, reached = glad(item, annotator, label, N, M, K)
    print(f'{path}: {len(rows)} votes, {iterations} iterations, objective {reached:.6f}, {1000 * (time.process_time() - before):.0f} ms of processor time')
