#include "mobilenet_cost/report/count/ledger_report.h"

#include <fmt/format.h>

#include "mobilenet_cost/base/json_text.h"
#include "mobilenet_cost/base/units.h"
#include "mobilenet_cost/count/convention_table.h"

namespace mobilenet_cost {
namespace {

/// What a convention counts differently from the first row ("paper"), a term each.
struct Difference {
    const TermRow* term;
    std::int64_t factor;  ///< this convention's factor less the paper's
    std::int64_t count;   ///< factor times the term
};

std::int64_t factor_of(const Convention& convention, std::int64_t Terms::*member) {
    for (const CountedTerm& counted : convention.counted) {
        if (counted.member == member) return counted.factor;
    }
    return 0;
}

std::vector<Difference> differences(const Convention& convention, const Terms& terms) {
    const Convention& paper = convention_table().front();
    std::vector<Difference> found;
    for (const TermRow& row : term_table()) {
        const std::int64_t factor = factor_of(convention, row.member) - factor_of(paper, row.member);
        const std::int64_t count = checked_multiply(factor, terms.*row.member);
        if (count != 0) found.push_back({&row, factor, count});
    }
    return found;
}

/// In the words of the table; a second FLOP per MAC is said once, not for each kind of layer.
std::string differences_text(const std::vector<Difference>& found) {
    std::string text;
    for (const Difference& difference : found) {
        if (difference.term->member == &Terms::dense_macs) continue;
        const bool mac = difference.term->member == &Terms::conv_macs;
        text += fmt::format("{}{} per {}", text.empty() ? "" : ", ", difference.factor,
                            mac ? "MAC" : difference.term->meaning);
    }
    return text.empty() ? "nothing" : text;
}

std::string_view batch_norm_name(BatchNormCount count) {
    switch (count) {
        case BatchNormCount::bn0:
            return "bn0";
        case BatchNormCount::bn1:
            return "bn1";
        case BatchNormCount::bn2:
            return "bn2";
        case BatchNormCount::bn3:
            return "bn3";
        case BatchNormCount::bn4:
            return "bn4";
    }
    return "";
}

double excess(std::int64_t count, std::int64_t paper) {
    return static_cast<double>(count) / static_cast<double>(paper) - 1;
}

std::vector<Cell> ledger_row(const Ledger& ledger, const Convention& convention) {
    const std::int64_t paper = count_macs(ledger.terms, convention_table().front());
    const std::int64_t macs = count_macs(ledger.terms, convention);
    return {text_cell(convention.name),
            count_cell(macs),
            text_cell(convention.unit),
            {fmt::format("{:+.2f} %", excess(macs, paper) * 100), shortest(excess(macs, paper))},
            count_cell(parameter_count(ledger.cost, convention.batch_norm)),
            text_cell(std::string(batch_norm_name(convention.batch_norm))),
            text_cell(differences_text(differences(convention, ledger.terms)))};
}

std::vector<Column> ledger_columns() {
    return {{"convention", "convention", true},
            {"count", "count"},
            {"unit", "unit", true},
            {"excess_over_paper", "vs paper"},
            {"params", "parameters"},
            {"batch_norm", "batch norm", true},
            {"counted_beside_macs", "counted beside the paper's MACs", true}};
}

Table ledger_table(const Ledger& ledger) {
    Table table;
    table.caption = fmt::format("{}  alpha {}  resolution {}  classes {}", ledger.model, ledger.variant.alpha,
                                ledger.variant.resolution, ledger.variant.classes);
    table.columns = ledger_columns();
    for (const Convention& convention : convention_table())
        table.rows.push_back(ledger_row(ledger, convention));
    return table;
}

constexpr const char* kLegend =
    "bn0: batch norm not counted; bn1: folded into one bias per channel; bn2: gamma and beta; bn3: without\n"
    "gamma (TF-slim's default); bn4: all four values. A name goes with --convention NAME in every command.\n";

Json convention_json(const Ledger& ledger, const Convention& convention) {
    Json json = {{"name", convention.name},
                 {"title", convention.title},
                 {"unit", convention.unit},
                 {"count", count_macs(ledger.terms, convention)},
                 {"params", parameter_count(ledger.cost, convention.batch_norm)},
                 {"batch_norm", batch_norm_name(convention.batch_norm)},
                 {"formula", formula(convention)},
                 {"source", convention.source},
                 {"note", convention.note}};
    json["differences"] = Json::array();
    for (const Difference& difference : differences(convention, ledger.terms))
        json["differences"].push_back(
            {{"term", difference.term->name}, {"factor", difference.factor}, {"count", difference.count}});
    return json;
}

Json network_json(const Ledger& ledger) {
    Json json = {{"model", ledger.model},
                 {"alpha", ledger.variant.alpha},
                 {"beta", ledger.beta},
                 {"resolution", ledger.variant.resolution},
                 {"classes", ledger.variant.classes},
                 {"batch", ledger.variant.batch}};
    json["terms"] = Json::object();
    for (const TermRow& row : term_table())
        json["terms"][std::string(row.name)] = ledger.terms.*row.member;
    json["conventions"] = Json::array();
    for (const Convention& convention : convention_table())
        json["conventions"].push_back(convention_json(ledger, convention));
    return json;
}

constexpr const char* kConventionsSchema = "mobilenet-cost.conventions.v1";

}  // namespace

Ledger make_ledger(const ModelConfig& config, const Variant& variant) {
    const Network network = expand(config, variant);
    Ledger ledger;
    ledger.model = config.name;
    ledger.variant = variant;
    ledger.variant.resolution = network.input.h;
    ledger.beta = static_cast<double>(network.input.h) / static_cast<double>(config.resolution);
    ledger.terms = total_terms(network);
    ledger.cost = total_cost(network);
    return ledger;
}

std::vector<Section> ledger_sections(const std::vector<Ledger>& ledgers) {
    std::vector<Section> sections;
    for (const Ledger& ledger : ledgers)
        sections.push_back({"", ledger_table(ledger)});
    sections.push_back({kLegend, {}});
    return sections;
}

Table ledger_csv_table(const std::vector<Ledger>& ledgers) {
    Table table;
    table.columns = {{"model", "model", true}, {"alpha", "alpha"}, {"resolution", "res"}};
    for (const Column& column : ledger_columns())
        table.columns.push_back(column);
    for (const Ledger& ledger : ledgers) {
        for (const Convention& convention : convention_table()) {
            std::vector<Cell> row = {text_cell(ledger.model), text_cell(shortest(ledger.variant.alpha)),
                                     count_cell(ledger.variant.resolution)};
            for (Cell& cell : ledger_row(ledger, convention))
                row.push_back(std::move(cell));
            table.rows.push_back(std::move(row));
        }
    }
    return table;
}

std::string ledger_json(const std::vector<Ledger>& ledgers) {
    Json document = {{"schema", kConventionsSchema}, {"networks", Json::array()}};
    for (const Ledger& ledger : ledgers)
        document["networks"].push_back(network_json(ledger));
    return pretty_json(document);
}

std::string ledger_jsonl(const std::vector<Ledger>& ledgers) {
    std::string lines;
    for (const Ledger& ledger : ledgers) {
        Json line = {{"schema", kConventionsSchema}};
        line.update(network_json(ledger));
        lines += compact_json(line);
    }
    return lines;
}

}  // namespace mobilenet_cost
