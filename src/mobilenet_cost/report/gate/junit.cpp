#include "mobilenet_cost/report/gate/junit.h"

#include <sstream>

#include <fmt/format.h>
#include <pugixml.hpp>

#include "mobilenet_cost/base/printable.h"
#include "mobilenet_cost/base/units.h"

namespace mobilenet_cost {
namespace {

struct Counts {
    std::int64_t tests = 0;
    std::int64_t failures = 0;
    std::int64_t errors = 0;
    std::int64_t skipped = 0;
};

std::string row_text(const GateRow& row) {
    if (!row.ratio) return "no rounds";
    std::string text = fmt::format("head/base {:.4f}", *row.ratio);
    if (row.low && row.high) text += fmt::format(" [{:.4f}, {:.4f}]", *row.low, *row.high);
    return text + fmt::format(" after {} rounds", row.rounds);
}

/// What a server that reads JUnit shows for one row: nothing below the test case means that it passed. XML
/// has no form for control characters.
void add_outcome(pugi::xml_node test, const char* element, const std::string& message, Counts& counts) {
    const std::string name = element;
    if (name == "failure") ++counts.failures;
    if (name == "error") ++counts.errors;
    if (name == "skipped") ++counts.skipped;
    test.append_child(element).append_attribute("message") = printable(message).c_str();
}

void judge_row(pugi::xml_node test, GateVerdict verdict, const GateRow& row, const std::string& reason,
               Counts& counts) {
    std::string text = row_text(row);
    if (!reason.empty()) text += ": " + reason;
    if (verdict == GateVerdict::regressed) add_outcome(test, "failure", "slower: " + text, counts);
    if (verdict == GateVerdict::inconclusive) add_outcome(test, "skipped", text, counts);
}

std::string moved_text(const GateCellResult& cell) {
    std::string text;
    for (const GateLayer& layer : cell.moved)
        text += fmt::format("{} ({}): {}\n", layer.layer.name, layer.layer.layer_class, row_text(layer.row));
    return text;
}

pugi::xml_node add_case(pugi::xml_node suite, const std::string& name, double seconds, Counts& counts) {
    pugi::xml_node test = suite.append_child("testcase");
    test.append_attribute("classname") = "mobilenet-cost.gate";
    test.append_attribute("name") = printable(name).c_str();
    test.append_attribute("time") = shortest(seconds).c_str();
    ++counts.tests;
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

void add_cell(pugi::xml_node suite, const GateCellRun& cell, const GateRow& row, const GateCellResult& result,
              Counts& counts) {
    pugi::xml_node test = add_case(suite, gate_cell_name(cell.cell), seconds_of(cell), counts);
    if (!cell.exact.empty()) {
        add_outcome(test, "failure", result.reason, counts);
    } else if (!is_measured(cell)) {
        add_outcome(test, "error", result.reason, counts);
    } else {
        judge_row(test, result.verdict, row, result.reason, counts);
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
    suite.append_attribute("timestamp") = run.started.c_str();
    suite.append_attribute("time") = shortest(run.seconds).c_str();
    Counts counts;
    for (std::size_t i = 0; i < run.cells.size(); ++i)
        add_cell(suite, run.cells[i], run.rows[i], result.cells[i], counts);
    if (run.together && result.together)
        judge_row(add_case(suite, "geometric mean", 0, counts), *result.together, *run.together, "", counts);
    // The run as a whole may end worse than any of its cells.
    pugi::xml_node whole = add_case(suite, "whole run", run.seconds, counts);
    if (result.outcome == GateOutcome::failed) add_outcome(whole, "error", result.reason, counts);
    if (result.outcome == GateOutcome::inconclusive) add_outcome(whole, "skipped", result.reason, counts);
    suite.append_attribute("tests") = static_cast<long long>(counts.tests);
    suite.append_attribute("failures") = static_cast<long long>(counts.failures);
    suite.append_attribute("errors") = static_cast<long long>(counts.errors);
    suite.append_attribute("skipped") = static_cast<long long>(counts.skipped);
    std::ostringstream text;
    document.save(text, "  ");
    return text.str();
}

}  // namespace mobilenet_cost
