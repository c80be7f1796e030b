"""The measurement as a document: docs/schemas/peers.schema.json. Raw numbers, units in the keys, no NaN."""

from .stats import estimate, geometric_mean, median, paired_ratio

CONFIDENCE = 0.95


def engine_row(job, engine, fastest):
    seconds = [visit.seconds[engine] for visit in job.visits]
    limits = [2 * job.macs / visit.peak_flops_per_second for visit in job.visits]
    best = [visit.seconds[fastest] for visit in job.visits]
    return {
        "engine": engine,
        "seconds": estimate(seconds, CONFIDENCE),
        "to_fastest": paired_ratio(seconds, best, CONFIDENCE),
        "to_limit": paired_ratio(seconds, limits, CONFIDENCE),
        "difference_of_allowed": job.agreement[engine],
        "round_seconds": seconds,
    }


def cell_of(job):
    medians = {engine: median([visit.seconds[engine] for visit in job.visits]) for engine in job.workers}
    fastest = min(medians, key=medians.get)
    cell = job.cell
    return {
        "network": cell.network,
        "model": cell.model,
        "alpha": cell.alpha,
        "resolution": cell.resolution,
        "threads": job.threads,
        "macs": job.macs,
        "limit_seconds": 2 * job.macs / median([visit.peak_flops_per_second for visit in job.visits]),
        "passes_in_block": job.passes,
        "fastest": fastest,
        "engines": [engine_row(job, engine, fastest) for engine in job.workers],
        "rounds": [
            {
                "order": visit.order,
                "peak_flops_per_second": visit.peak_flops_per_second,
                "ping_pong_seconds": visit.ping_pong_seconds,
            }
            for visit in job.visits
        ],
    }


def mean_rows(jobs):
    """Over the cells of one model, network and number of threads; ratios are to the engine with the least mean."""
    engines = list(jobs[0].workers)
    rounds = range(min(len(job.visits) for job in jobs))
    by_round = {e: [geometric_mean([job.visits[r].seconds[e] for job in jobs]) for r in rounds] for e in engines}
    limits = [geometric_mean([2 * job.macs / job.visits[r].peak_flops_per_second for job in jobs]) for r in rounds]
    best = min(engines, key=lambda engine: median(by_round[engine]))
    for engine in engines:
        yield {
            "network": jobs[0].cell.network,
            "model": jobs[0].cell.model,
            "threads": jobs[0].threads,
            "engine": engine,
            "cells": len(jobs),
            "seconds": estimate(by_round[engine], CONFIDENCE),
            "to_fastest": paired_ratio(by_round[engine], by_round[best], CONFIDENCE),
            "to_limit": paired_ratio(by_round[engine], limits, CONFIDENCE),
        }


def means_of(jobs):
    groups = {}
    for job in jobs:
        groups.setdefault((job.cell.network, job.cell.model, job.threads), []).append(job)
    return [row for group in groups.values() for row in mean_rows(group)]


def limit_of(jobs, threads, answer):
    """The peak over all rounds; FLOPs per cycle from the one reading that has the clock, too."""
    peaks = [visit.peak_flops_per_second for job in jobs if job.threads == threads for visit in job.visits]
    hertz = answer["core_hertz"]
    return {
        "threads": threads,
        "instruction_set": answer["instruction_set"],
        "flops_per_second": estimate(peaks, CONFIDENCE),
        "core_hertz": hertz,
        "flops_per_cycle_of_core": answer["flops_per_second"] / (hertz * threads) if hertz else None,
    }


def settings_of(settings, complete):
    return {
        "rounds": settings.rounds,
        "all_rounds": complete,
        "seed": settings.seed,
        "max_seconds": settings.max_seconds,
        "block_seconds": settings.block_seconds,
        "confidence": CONFIDENCE,
    }


def document_of(measured):
    jobs = measured.jobs
    round_trips = [v.ping_pong_seconds for job in jobs for v in job.visits if v.ping_pong_seconds is not None]
    return {
        "schema": "mobilenet-cost.peers.v1",
        "program": measured.program,
        "machine": measured.machine,
        "settings": settings_of(measured.settings, measured.complete),
        "engines": [{"name": e.name, "version": e.version, "ours": e.ours} for e in measured.engines],
        "limits": [limit_of(jobs, threads, answer) for threads, answer in measured.peaks.items()],
        "ping_pong_seconds": estimate(round_trips, CONFIDENCE) if round_trips else None,
        "ping_pong_extremes_seconds": [min(round_trips), max(round_trips)] if round_trips else None,
        "cells": [cell_of(job) for job in jobs],
        "means": means_of(jobs),
        "seconds": measured.seconds,
    }
