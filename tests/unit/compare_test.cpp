#include "mobilenet_cost/compare/compare.h"

#include <cmath>
#include <functional>

#include <gtest/gtest.h>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/base/random.h"
#include "mobilenet_cost/report/compare/json.h"
#include "mobilenet_cost/report/compare/report.h"

#include "unit/compare_support.h"
#include "unit/models.h"

namespace mobilenet_cost {
namespace {

using test::error_of;
using testing_support::document;
using testing_support::samples;
using testing_support::timed_cell;

const std::vector<double> kSeconds = {10e-3, 3e-3, 1e-3};

CompareSettings gating() {
    CompareSettings settings;
    settings.gate_times = true;
    return settings;
}

/// What differs when `change` has been done to a copy.
CompareResult after(const std::function<void(StoredDocument&)>& change,
                    const CompareSettings& settings = {}) {
    const StoredDocument base = document(kSeconds, 1);
    StoredDocument contender = base;
    change(contender);
    return compare(base, contender, settings);
}

TEST(Compare, TheSameIsTheSame) {
    const CompareResult result = after([](StoredDocument&) {}, gating());
    EXPECT_EQ(result.outcome, CompareOutcome::same);
    EXPECT_TRUE(result.differences.empty());
    EXPECT_TRUE(result.classes.empty());
    EXPECT_EQ(result.common_cells, 6);
    EXPECT_EQ(result.quantities, 3 * (2 + 2 + 4));
    ASSERT_EQ(result.times.size(), 3u);
    for (const TimeChange& time : result.times)
        EXPECT_EQ(time.ratio.value, 1);
    for (const RatioChange& ratio : result.ratios)
        EXPECT_FALSE(ratio.apart);
    EXPECT_DOUBLE_EQ(mean_time_ratio(result).value(), 1);
    EXPECT_TRUE(compare_messages(result).empty());
}

TEST(Compare, AnExactQuantityDiffers) {
    const auto more_macs = [](StoredDocument& contender) {
        contender.cells[2].exact[0].value = std::int64_t{301};
    };
    const CompareResult result = after(more_macs);
    EXPECT_EQ(result.outcome, CompareOutcome::differs);
    ASSERT_EQ(result.differences.size(), 1u);
    const Difference& difference = result.differences.front();
    EXPECT_EQ(difference.cell.alpha, 0.5);
    EXPECT_EQ(difference.quantity, "macs");
    EXPECT_EQ(difference.base, ExactValue(std::int64_t{300}));
    EXPECT_EQ(difference.contender, ExactValue(std::int64_t{301}));
    EXPECT_EQ(
        compare_messages(result),
        std::vector<std::string>{"1 difference of exact quantities, the first: small alpha 0.5 at 32 px: "
                                 "macs: 300 in the base, 301 in the contender"});
}

TEST(Compare, IgnoredQuantitiesAreShownAndDoNotGate) {
    const auto other_kernel = [](StoredDocument& contender) {
        contender.cells[1].layers[1].exact[0].value = std::string("ref:any");
    };
    EXPECT_EQ(after(other_kernel).outcome, CompareOutcome::differs);
    CompareSettings settings;
    settings.ignore = {"kernel"};
    const CompareResult result = after(other_kernel, settings);
    EXPECT_EQ(result.outcome, CompareOutcome::same);
    ASSERT_EQ(result.differences.size(), 1u);
    EXPECT_EQ(result.differences.front().layer, "body");
    EXPECT_FALSE(result.differences.front().gates);
}

TEST(Compare, UnknownQuantitiesAreNamed) {
    EXPECT_NO_THROW(check_ignored({"macs", "kernel", "layers"}, "--ignore"));
    EXPECT_EQ(error_of([] {
                  check_ignored({"macs", "kernels"}, "--ignore");
              }),
              "--ignore: unknown quantity \"kernels\" (did you mean \"kernel\"?)");
}

TEST(Compare, AVanishedCellDiffersWhateverIsAllowed) {
    CompareSettings settings;
    settings.allow_new = true;
    const auto vanish = [](StoredDocument& contender) { contender.cells.pop_back(); };
    for (const CompareSettings& each : {CompareSettings{}, settings}) {
        const CompareResult result = after(vanish, each);
        EXPECT_EQ(result.outcome, CompareOutcome::differs);
        ASSERT_EQ(result.differences.size(), 1u);
        EXPECT_EQ(result.differences.front().quantity, kWhole);
        EXPECT_FALSE(result.differences.front().contender);
        EXPECT_EQ(result.common_cells, 5);
    }
}

TEST(Compare, ANewCellOrQuantityDiffersUnlessAllowed) {
    const std::function<void(StoredDocument&)> changes[] = {
        [](StoredDocument& contender) { contender.cells.push_back(timed_cell(0.125, 1e-3, 9)); },
        [](StoredDocument& contender) {
            contender.cells[0].exact.push_back({"standard_macs", std::int64_t{9}});
        }};
    for (const auto& change : changes) {
        EXPECT_EQ(after(change).outcome, CompareOutcome::differs);
        CompareSettings settings;
        settings.allow_new = true;
        const CompareResult result = after(change, settings);
        EXPECT_EQ(result.outcome, CompareOutcome::same);
        EXPECT_EQ(result.differences.size(), 1u);
    }
}

TEST(Compare, LayersThatComeOrGoDiffer) {
    CompareSettings settings;
    settings.allow_new = true;
    const std::function<void(StoredDocument&)> changes[] = {
        [](StoredDocument& contender) { contender.cells[1].layers.pop_back(); },
        [](StoredDocument& contender) { contender.cells[1].layers.clear(); },
        [](StoredDocument& contender) {
            contender.cells[1].layers.push_back({"body", {}});
        },
        [](StoredDocument& contender) { contender.cells[1].layers[0].name = "other"; }};
    for (const auto& change : changes) {
        EXPECT_EQ(after(change, settings).outcome, CompareOutcome::differs);
        CompareSettings ignoring;
        ignoring.ignore = {"layers"};
        EXPECT_EQ(after(change, ignoring).outcome, CompareOutcome::same);
    }
}

TEST(Compare, ACellTwiceIsComparedTwice) {
    StoredDocument base = document(kSeconds, 1);
    base.cells.push_back(base.cells[0]);
    StoredDocument contender = base;
    contender.cells.back().exact[0].value = std::int64_t{301};
    EXPECT_EQ(compare(base, contender, {}).differences.size(), 1u);
    contender.cells.pop_back();
    const CompareResult result = compare(base, contender, {});
    ASSERT_EQ(result.differences.size(), 1u);
    EXPECT_EQ(result.differences.front().quantity, kWhole);
}

TEST(Compare, OtherKindsAndOtherGridsAreRefused) {
    const StoredDocument base = document(kSeconds, 1);
    StoredDocument contender = base;
    contender.file = "other.json";
    contender.kind = DocumentKind::sweep;
    EXPECT_EQ(error_of([&] { (void)compare(base, contender, {}); }),
              "other.json: expected a run log as run.jsonl is, found a document of `sweep`");
    contender.kind = DocumentKind::run;
    for (StoredCell& cell : contender.cells)
        cell.id.batch = 2;
    EXPECT_EQ(
        error_of([&] { (void)compare(base, contender, {}); }),
        "other.json: expected a cell of run.jsonl, such as small alpha 1 at 32 px, 1000 classes, batch 1, "
        "f32, published, convention paper, found none, but small alpha 1 at 32 px, 1000 classes, batch 2, "
        "f32, published, convention paper");
}

// ---- times

CompareResult slowed(double factor, const CompareSettings& settings, std::size_t count = 31) {
    std::vector<double> seconds = kSeconds;
    seconds[1] *= factor;
    return compare(document(kSeconds, 1, count), document(seconds, 100, count), settings);
}

TEST(Compare, TimesGateOnlyWhenAsked) {
    const CompareResult informing = slowed(1.1, {});
    EXPECT_EQ(informing.outcome, CompareOutcome::same);
    EXPECT_EQ(informing.times[1].verdict, TimeVerdict::slower);
    EXPECT_NE(informing.times_inform.find("--gate-times"), std::string::npos);
    const CompareResult result = slowed(1.1, gating());
    EXPECT_EQ(result.outcome, CompareOutcome::slower);
    EXPECT_EQ(result.times_inform, "");
    EXPECT_EQ(result.times[0].verdict, TimeVerdict::same);
    EXPECT_EQ(result.times[1].verdict, TimeVerdict::slower);
    EXPECT_EQ(compare_messages(result),
              std::vector<std::string>{"1 cell slower than the base by more than +2.5 %"});
    EXPECT_EQ(slowed(0.9, gating()).times[1].verdict, TimeVerdict::faster);
    EXPECT_EQ(slowed(0.9, gating()).outcome, CompareOutcome::same);
}

TEST(Compare, TheWholeIntervalMustLieBeyondTheThreshold) {
    CompareSettings settings = gating();
    settings.threshold = 0.2;
    EXPECT_EQ(slowed(1.1, settings).times[1].verdict, TimeVerdict::same);
    EXPECT_EQ(slowed(1.1, settings).outcome, CompareOutcome::same);
    // An interval about 1 % wide around +0.6 % reaches from below the threshold to beyond twice as much.
    settings.threshold = 0.004;
    EXPECT_EQ(slowed(1.006, settings).times[1].verdict, TimeVerdict::unclear);
}

TEST(Compare, AnInterval) {
    const CompareResult result = slowed(1.1, gating());
    const TimeChange& time = result.times[1];
    ASSERT_TRUE(time.ratio.interval);
    EXPECT_EQ(time.ratio.interval->low, time.contender.interval->low / time.base.interval->high);
    EXPECT_EQ(time.ratio.interval->high, time.contender.interval->high / time.base.interval->low);
    // Two intervals of each of three cells share what may be missed.
    EXPECT_GE(time.base.interval->coverage, 1 - 0.01 / 6);
    EXPECT_GE(time.ratio.interval->coverage, 1 - 0.01 / 3);
}

TEST(Compare, TooFewSamplesAreUnclear) {
    CompareSettings settings = gating();
    EXPECT_EQ(slowed(1.1, settings, 5).times[1].verdict, TimeVerdict::unclear);
    EXPECT_EQ(slowed(1.1, settings, 5).outcome, CompareOutcome::same);
    settings.require_times = true;
    EXPECT_EQ(slowed(1.1, settings, 5).outcome, CompareOutcome::unclear);
    EXPECT_EQ(slowed(1.0, settings).outcome, CompareOutcome::same);
    EXPECT_EQ(slowed(1.1, settings).outcome, CompareOutcome::slower);
}

TEST(Compare, AnotherMachineClassInforms) {
    struct Case {
        std::function<void(StoredOrigin&)> change;
        std::string words;
    };
    const Case cases[] = {
        {[](StoredOrigin& o) { o.machine.cpu = "Other CPU"; }, "processor Example CPU, found Other CPU"},
        {[](StoredOrigin& o) { o.machine.cpus = "4"; }, "number of CPUs 2, found 4"},
        {[](StoredOrigin& o) { o.machine.caches = "-"; }, "caches L1 Data 32768, found -"},
        {[](StoredOrigin& o) { o.machine.hypervisor = "no"; }, "hypervisor yes, found no"},
        {[](StoredOrigin& o) { o.compiler = "Clang 14"; }, "compiler GNU 12.2.0, found Clang 14"},
        {[](StoredOrigin& o) { o.flags = "-O2"; }, "compiler flags -O3, found -O2"},
        {[](StoredOrigin& o) { o.engines[0].version = "3.0"; }, "onednn 2.6.0, avx2, found 3.0, avx2"}};
    for (const Case& each : cases) {
        StoredDocument contender = document(kSeconds, 1);
        each.change(*contender.origin);
        CompareSettings settings = gating();
        const CompareResult result = compare(document({1, 1, 1}, 1), contender, settings);
        EXPECT_EQ(result.outcome, CompareOutcome::same);
        EXPECT_EQ(result.times_inform, "other machine class: " + each.words);
        settings.require_times = true;
        EXPECT_EQ(compare(document({1, 1, 1}, 1), contender, settings).outcome, CompareOutcome::unclear);
    }
}

TEST(Compare, WhatIsNoPartOfTheClass) {
    const CompareResult result = after(
        [](StoredDocument& contender) {
            contender.origin->version = "2.0.0";
            contender.origin->commit = "ba9876543210";
            contender.origin->started = "2027-01-01T00:00:00Z";
            contender.origin->machine.memory = "17179869184";
            contender.origin->engines[1].version = "of an engine that nothing was timed on";
        },
        gating());
    EXPECT_TRUE(result.classes.empty());
    EXPECT_EQ(result.times_inform, "");
}

TEST(Compare, TimesWithoutSamplesInform) {
    const CompareResult result =
        after([](StoredDocument& contender) { contender.cells[1].samples.clear(); }, gating());
    EXPECT_EQ(result.times_inform, "not every cell has its samples stored on both sides");
    EXPECT_TRUE(result.times[0].ratio.interval);  // from what the documents say
}

TEST(Compare, ExactQuantitiesComeBeforeTimes) {
    std::vector<double> slower = kSeconds;
    slower[0] *= 2;
    StoredDocument contender = document(slower, 1);
    contender.cells[0].exact[0].value = std::int64_t{1};
    const CompareResult result = compare(document(kSeconds, 1), contender, gating());
    EXPECT_EQ(result.outcome, CompareOutcome::differs);
    EXPECT_EQ(compare_messages(result).size(), 2u);  // both are said
}

// ---- ratios

TEST(Compare, RatiosAreApartWhereTheirIntervalsAre) {
    const auto with = [](double low, double high, double share) {
        return after([=](StoredDocument& contender) {
            contender.cells[1].ratios[0].value = {.value = (low + high) / 2,
                                                  .interval = Interval{low, high, 0.95}};
            contender.cells[1].ratios[1].value.value = share;
        });
    };
    EXPECT_FALSE(with(2.05, 2.5, 0.2).ratios[0].apart);
    EXPECT_TRUE(with(2.15, 2.5, 0.2).ratios[0].apart);
    EXPECT_TRUE(with(1.5, 1.85, 0.2).ratios[0].apart);
    EXPECT_FALSE(with(1.9, 2.1, 0.22).ratios[1].apart);
    EXPECT_TRUE(with(1.9, 2.1, 0.24).ratios[1].apart);
    EXPECT_TRUE(with(1.9, 2.1, 0.16).ratios[1].apart);
    EXPECT_EQ(with(2.15, 2.5, 0.4).outcome, CompareOutcome::same);
}

// ---- properties

/// A document with random damage.
StoredDocument damaged(std::uint64_t& state) {
    StoredDocument made = document(kSeconds, state, 3 + state % 40);
    const auto pick = [&state](std::size_t count) { return permutation(count, state).front(); };
    for (std::size_t i = 0; i < 4; ++i) {
        StoredCell& cell = made.cells[pick(made.cells.size())];
        switch (pick(7)) {
            case 0:
                made.cells.erase(made.cells.begin() + 1 + static_cast<std::ptrdiff_t>(pick(2)));
                break;
            case 1:
                if (!cell.exact.empty()) cell.exact[0].value = static_cast<std::int64_t>(pick(5));
                break;
            case 2:
                if (!cell.exact.empty()) cell.exact.pop_back();
                break;
            case 3:
                cell.layers.clear();
                break;
            case 4:
                cell.samples = samples(1e-3 * static_cast<double>(1 + pick(5)), 0.01, state, 31);
                break;
            case 5:
                cell.ratios.clear();
                break;
            default:
                cell.seconds.reset();
        }
    }
    return made;
}

TimeVerdict mirrored(TimeVerdict verdict) {
    if (verdict == TimeVerdict::slower) return TimeVerdict::faster;
    return verdict == TimeVerdict::faster ? TimeVerdict::slower : verdict;
}

void expect_mirrored(const CompareResult& there, const CompareResult& back) {
    EXPECT_EQ(there.outcome == CompareOutcome::differs, back.outcome == CompareOutcome::differs);
    EXPECT_EQ(there.quantities, back.quantities);
    EXPECT_EQ(there.common_cells, back.common_cells);
    ASSERT_EQ(there.differences.size(), back.differences.size());
    ASSERT_EQ(there.times.size(), back.times.size());
    for (std::size_t i = 0; i < there.times.size(); ++i) {
        const TimeChange& time = there.times[i];
        const auto same_cell = [&](const TimeChange& other) { return other.cell == time.cell; };
        const auto found = std::find_if(back.times.begin(), back.times.end(), same_cell);
        ASSERT_NE(found, back.times.end());
        EXPECT_NEAR(std::log(time.ratio.value), -std::log(found->ratio.value), 1e-12);
        EXPECT_EQ(time.verdict, mirrored(found->verdict));
    }
    ASSERT_EQ(there.ratios.size(), back.ratios.size());
    for (const Difference& difference : there.differences) {
        const bool found =
            std::any_of(back.differences.begin(), back.differences.end(), [&](const Difference& other) {
                return other.cell == difference.cell && other.layer == difference.layer &&
                       other.quantity == difference.quantity && other.base == difference.contender &&
                       other.contender == difference.base;
            });
        EXPECT_TRUE(found) << difference.quantity;
    }
}

TEST(CompareProperty, WithItselfNothingAndSwappedTheMirrorImage) {
    std::uint64_t state = 7;
    for (int i = 0; i < 200; ++i) {
        SCOPED_TRACE(i);
        const StoredDocument base = damaged(state);
        const StoredDocument contender = damaged(state);
        const CompareResult itself = compare(base, base, gating());
        EXPECT_EQ(itself.outcome, CompareOutcome::same);
        EXPECT_TRUE(itself.differences.empty());
        for (const TimeChange& time : itself.times)
            EXPECT_NE(time.verdict, TimeVerdict::slower);
        for (const RatioChange& ratio : itself.ratios)
            EXPECT_FALSE(ratio.apart);
        expect_mirrored(compare(base, contender, gating()), compare(contender, base, gating()));
    }
}

TEST(CompareReport, EveryFormIsMade) {
    const CompareResult result = after([](StoredDocument& contender) {
        contender.cells[1].layers[0].exact[0].value = std::string("other|kernel");
        contender.cells.pop_back();
    });
    const std::string text = render_text(compare_sections(result), TextStyle::plain);
    EXPECT_NE(text.find("jit:avx2"), std::string::npos);
    EXPECT_NE(render_markdown(compare_sections(result)).find("other\\|kernel"), std::string::npos);
    const std::size_t rows = result.differences.size() + result.times.size() + result.ratios.size();
    EXPECT_EQ(compare_table(result).rows.size(), rows);
    const std::string lines = compare_jsonl(result);
    EXPECT_EQ(static_cast<std::size_t>(std::count(lines.begin(), lines.end(), '\n')), rows + 1);
    EXPECT_EQ(compare_sections(result, CompareView::summary).size(), 1u);
}

TEST(CompareReport, WhatChangesTogetherIsOneRow) {
    const std::vector<ExactQuantity> counts = {
        {"macs", std::int64_t{100}},          {"params", std::int64_t{10}},
        {"params_bn0", std::int64_t{10}},     {"params_bn1", std::int64_t{12}},
        {"traffic_bytes", std::int64_t{800}}, {"kernel_size", std::string("3x3")}};
    StoredDocument base = document({1}, 1);
    base.cells[1].exact = counts;
    base.cells[1].layers[0].exact = counts;
    const auto widen = [](std::vector<ExactQuantity>& exact) {
        for (ExactQuantity& quantity : exact) {
            if (auto* count = std::get_if<std::int64_t>(&quantity.value)) *count += 7;
        }
        exact[0].value = std::int64_t{200};
        exact.back().value = std::string("5x5");
    };
    StoredDocument contender = base;
    widen(contender.cells[1].exact);
    widen(contender.cells[1].layers[0].exact);
    const CompareResult result = compare(base, contender, {});
    EXPECT_EQ(result.differences.size(), 12u);
    EXPECT_EQ(gating_differences(result), 12);
    const Table table = compare_sections(result)[1].table;
    ASSERT_EQ(table.rows.size(), 2u);
    EXPECT_EQ(table.rows[1][2].text, "stem");
    EXPECT_EQ(table.rows[1][3].text, "kernel_size");
    EXPECT_EQ(table.rows[1][5].text, "5x5");
    EXPECT_EQ(table.rows[1].back().text, "macs +100; params, params_bn0, params_bn1, traffic_bytes +7");
}

TEST(CompareReport, OneMeasurementIsNoSecondOne) {
    const StoredDocument one = document({1, 0.5}, 1);
    const CompareResult same = compare(one, one, {});
    const std::vector<Section> sections = compare_sections(same);
    ASSERT_EQ(sections.size(), 1u);
    EXPECT_NE(sections[0].text.find("identical to the last digit in 2 cells: one measurement, stored twice"),
              std::string::npos)
        << sections[0].text;
    EXPECT_EQ(compare_sections(compare(one, document({1, 0.5}, 2), {})).size(), 3u);
}

}  // namespace
}  // namespace mobilenet_cost
