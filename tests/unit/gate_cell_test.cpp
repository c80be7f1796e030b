#include <gtest/gtest.h>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/gate/cell.h"

namespace mobilenet_cost {
namespace {

GateCell defaults() {
    GateCell cell;
    cell.variant.resolution = 224;
    cell.engine = "onednn";
    return cell;
}

std::vector<GateCell> parsed(const std::string& text) {
    return parse_gate_cells(text, "cells.json", defaults());
}

TEST(GateCell, Names) {
    GateCell cell = defaults();
    EXPECT_EQ(gate_cell_name(cell), "mobilenet_v1/alpha=1/res=224/net=separable/engine=onednn/threads=1");
    cell.variant = {.alpha = 0.5, .resolution = 96, .classes = 10, .batch = 2, .scope = AlphaScope::inner};
    cell.network = NetworkKind::standard;
    EXPECT_EQ(
        gate_cell_name(cell),
        "mobilenet_v1/alpha=0.5/res=96/classes=10/batch=2/scope=inner/net=standard/engine=onednn/threads=1");
}

TEST(GateCell, ReadsAList) {
    const std::vector<GateCell> cells = parsed(
        R"([{}, {"model": "mobilenet_v2", "alpha": 0.5, "resolution": 96, "network": "standard",
             "engine": "xnnpack", "threads": 2, "classes": 10, "batch": 4, "alpha_scope": "inner"}])");
    ASSERT_EQ(cells.size(), 2U);
    EXPECT_EQ(cells[0], defaults());
    EXPECT_EQ(cells[1].model, "mobilenet_v2");
    EXPECT_EQ(cells[1].variant, (Variant{0.5, 96, 10, 4, AlphaScope::inner}));
    EXPECT_EQ(cells[1].network, NetworkKind::standard);
    EXPECT_EQ(cells[1].engine, "xnnpack");
    EXPECT_EQ(cells[1].threads, 2);
    EXPECT_EQ(parsed(R"({"cells": [{"alpha": 0.5}]})").front().variant.alpha, 0.5);
}

TEST(GateCell, ReadsASweep) {
    const std::vector<GateCell> cells = parsed(
        R"({"schema": "mobilenet-cost.sweep.v1", "settings": {"classes": 10, "dtype": "f32"}, "cells": [
             {"model": "mobilenet_v1", "alpha": 0.25, "beta": 1, "resolution": 128, "macs": 1},
             {"model": "mobilenet_v1", "alpha": 0.5, "resolution": 128, "measured": [
               {"engine": "xnnpack", "threads": 1, "network": "separable", "status": "ok"},
               {"engine": "reference", "threads": 1, "network": "separable", "status": "failed"},
               {"engine": "xnnpack", "threads": 2, "network": "standard", "status": "ok"}]}]})");
    ASSERT_EQ(cells.size(), 3U);
    EXPECT_EQ(gate_cell_name(cells[0]),
              "mobilenet_v1/alpha=0.25/res=128/classes=10/net=separable/engine=onednn/threads=1");
    EXPECT_EQ(cells[1].engine, "xnnpack");
    EXPECT_EQ(cells[2].network, NetworkKind::standard);
    EXPECT_EQ(cells[2].threads, 2);
}

struct Refusal {
    const char* text;
    const char* message;
};
class GateCellRefusals : public testing::TestWithParam<Refusal> {};

TEST_P(GateCellRefusals, NameThePlace) {
    try {
        (void)parsed(GetParam().text);
        FAIL() << GetParam().text;
    } catch (const Error& error) {
        EXPECT_STREQ(error.what(), GetParam().message);
    }
}

INSTANTIATE_TEST_SUITE_P(
    Files, GateCellRefusals,
    testing::Values(Refusal{"[]", "cells.json: expected 1 to 10000 cells, found 0"},
                    Refusal{"[{\"alphas\": 1}]",
                            "cells.json: /0: unknown key \"alphas\" (did you mean \"alpha\"?)"},
                    Refusal{"[{\"alpha\": 0}]",
                            "cells.json: /0/alpha: expected a number above 0 and at most 1000, found 0"},
                    Refusal{"[{}, {}]",
                            "cells.json: expected every cell once, found "
                            "mobilenet_v1/alpha=1/res=224/net=separable/engine=onednn/threads=1 again"},
                    Refusal{R"({"schema": "mobilenet-cost.cost.v1", "cells": []})",
                            "cells.json: expected a document of the schema \"mobilenet-cost.sweep.v1\", "
                            "found a document of `cost` "
                            "(mobilenet-cost.cost.v1), which `compare` reads"}));

TEST(GateCell, RefusesAnyOtherText) {
    for (const char* text : {"", "3", "{", "{}", "null", "[1]", "{\"cells\": 1}", "[{\"threads\": 0}]",
                             "[{\"threads\": 1e10}]", "[{\"network\": \"base\"}]", "[{\"resolution\": 1.5}]"})
        EXPECT_THROW((void)parsed(text), Error) << text;
}

}  // namespace
}  // namespace mobilenet_cost
