#include "mobilenet_cost/report/gate/junit.h"

#include <sstream>

#include <fmt/format.h>
#include <pugixml.hpp>

#include "mobilenet_cost/base/printable.h"
#include "mobilenet_cost/base/units.h"

namespace mobilenet_cost {
namespace {

std::string row_text(const GateRow& row) {
    if (!row.ratio) return "no rounds";
    std::string text = fmt::format("head/base {:.4f}", *row.ratio);
    if (row.low && row.high) text += fmt::format(" [{:.4f}, {:.4f}]", *row.low, *row.high);
    return text;
}

/// XML has no form for control characters, and texts of a stored gate may hold any.
void add_text(pugi::xml_node node, const char* attribute, const std::string& text) {
    node.append_attribute(attribute) = printable(text).c_str();
}

/// A test case without an element of an outcome has passed.
void add_outcome(pugi::xml_node test, const char* element, const std::string& message) {
    add_text(test.append_child(element), "message", message);
}

/// Of the test case of the whole run; null: it has passed.
const char* element_of(GateOutcome outcome) {
    switch (outcome) {
        case GateOutcome::regressed:
        case GateOutcome::different:
            return "failure";
        case GateOutcome::failed:
            return "error";
        case GateOutcome::inconclusive:
            return "skipped";
        default:
            return nullptr;
    }
}

void judge_row(pugi::xml_node test, GateVerdict verdict, const GateRow& row, const std::string& reason) {
    const std::string rounds = "after " + plural(row.rounds, "round");
    std::string text = row_text(row);
    if (row.ratio && !reason.starts_with(rounds)) text += " " + rounds;
    if (!reason.empty()) text += (reason.starts_with(rounds) ? " " : ": ") + reason;
    if (verdict == GateVerdict::regressed) add_outcome(test, "failure", "regressed: " + text);
    if (verdict == GateVerdict::inconclusive) add_outcome(test, "skipped", text);
}

std::string moved_text(const GateCellResult& cell) {
    std::string text;
    for (const GateLayer& layer : cell.moved)
        text += fmt::format("{} ({}): {} after {} rounds\n", layer.layer.name, layer.layer.layer_class,
                            row_text(layer.row), layer.row.rounds);
    return text;
}

pugi::xml_node add_case(pugi::xml_node suite, const std::string& name, double seconds) {
    pugi::xml_node test = suite.append_child("testcase");
    test.append_attribute("classname") = "mobilenet-cost.gate";
    add_text(test, "name", name);
    test.append_attribute("time") = shortest(in_picoseconds(seconds)).c_str();
    return test;
}

double seconds_of(const GateCellRun& cell) {
    double seconds = 0;
    for (const GateRound& round : cell.rounds) {
        for (const auto* blocks : {&round.base_seconds, &round.head_seconds})
            seconds += ((*blocks)[0] + (*blocks)[1]) * static_cast<double>(cell.passes);
    }
    return seconds;
}

void add_cell(pugi::xml_node suite, const GateCellRun& cell, const GateRow& row,
              const GateCellResult& result) {
    pugi::xml_node test = add_case(suite, gate_cell_name(cell.cell), seconds_of(cell));
    if (!cell.exact.empty()) {
        add_outcome(test, "failure", result.reason);
    } else if (!is_measured(cell)) {
        add_outcome(test, "error", result.reason);
    } else {
        judge_row(test, result.verdict, row, result.reason);
    }
    const std::string moved = moved_text(result);
    if (!moved.empty()) test.append_child("system-out").text().set(printable_lines(moved).c_str());
}

}  // namespace

std::string gate_junit(const GateReport& report, const GateResult& result) {
    const GateRun& run = report.run;
    pugi::xml_document document;
    pugi::xml_node declaration = document.append_child(pugi::node_declaration);
    declaration.append_attribute("version") = "1.0";
    declaration.append_attribute("encoding") = "UTF-8";
    pugi::xml_node suite = document.append_child("testsuites").append_child("testsuite");
    suite.append_attribute("name") = "mobilenet-cost gate";
    add_text(suite, "timestamp", run.started);
    suite.append_attribute("time") = shortest(in_picoseconds(run.seconds)).c_str();
    for (std::size_t i = 0; i < run.cells.size(); ++i)
        add_cell(suite, run.cells[i], run.rows[i], result.cells[i]);
    if (run.together && result.together)
        judge_row(add_case(suite, "geometric mean", 0), *result.together, *run.together, "");
    // The run as a whole may end worse than any of its cells.
    pugi::xml_node whole = add_case(suite, "whole run", run.seconds);
    const char* element = element_of(result.outcome);
    if (element != nullptr) add_outcome(whole, element, result.reason);
    const auto set_count = [&](const char* attribute, const char* elements) {
        suite.append_attribute(attribute) = static_cast<long long>(suite.select_nodes(elements).size());
    };
    set_count("tests", "testcase");
    set_count("failures", "testcase/failure");
    set_count("errors", "testcase/error");
    set_count("skipped", "testcase/skipped");
    std::ostringstream text;
    document.save(text, "  ");
    return text.str();
}

}  // namespace mobilenet_cost
