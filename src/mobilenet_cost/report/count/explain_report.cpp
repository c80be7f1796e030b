#include "mobilenet_cost/report/count/explain_report.h"

#include <algorithm>
#include <cctype>
#include <regex>

#include <fmt/format.h>

#include "mobilenet_cost/model/form_fields.h"
#include "mobilenet_cost/report/parts/columns.h"
#include "mobilenet_cost/report/parts/documents.h"

namespace mobilenet_cost {
namespace {

constexpr const char* kExplainSchema = "mobilenet-cost.explain.v1";

struct StepRow {
    const ExplainedVariant* variant;
    const Explanation* explanation;
    const ExplainStep* step;
};

Value value_of_step(const StepRow& row) {
    if (const auto* count = std::get_if<std::int64_t>(&row.step->value)) return *count;
    if (const auto* number = std::get_if<double>(&row.step->value)) return *number;
    return {};
}

const RowFields<StepRow>& step_fields() {
    static const RowFields<StepRow> fields = {
        {"model", kCsv, [](const StepRow& row) { return row.variant->model; }},
        {"alpha", kCsv, [](const StepRow& row) { return row.variant->variant.alpha; }},
        {"resolution", kCsv, [](const StepRow& row) { return row.variant->variant.resolution; }},
        {"name", kCsv, [](const StepRow& row) { return row.explanation->name; }},
        {"quantity", kCsv | kJson, [](const StepRow& row) { return row.step->quantity; }},
        {"formula", kCsv | kJson, [](const StepRow& row) { return row.step->formula; }},
        {"numbers", kCsv | kJson, [](const StepRow& row) { return row.step->numbers; }},
        {"value", kCsv | kJson, value_of_step},
        {"result", kCsv | kJson, [](const StepRow& row) { return row.step->result; }},
        {"note", kCsv | kJson, [](const StepRow& row) { return row.step->note; }},
    };
    return fields;
}

std::vector<StepRow> step_rows(const ExplainedVariant& variant, const Explanation& explanation) {
    std::vector<StepRow> rows;
    for (const ExplainStep& step : explanation.steps)
        rows.push_back({&variant, &explanation, &step});
    return rows;
}

/// "formula = numbers = result"
std::string equation(const ExplainStep& step) {
    std::string text;
    for (const std::string* part : {&step.formula, &step.numbers, &step.result}) {
        if (!part->empty()) text += (text.empty() ? "" : " = ") + *part;
    }
    return text;
}

std::string step_line(const ExplainStep& step) {
    const std::string note = step.note.empty() ? "" : fmt::format("  ({})", step.note);
    const std::string label = step.quantity.empty() ? "" : fmt::format("{:<18}", step.quantity);
    return fmt::format("  {}{}{}\n", label, equation(step), note);
}

/// A formula has the symbol as a word of its own.
bool uses(const Explanation& explanation, const std::string& symbol) {
    const std::regex word("\\b" + symbol + "\\b");
    return std::any_of(explanation.steps.begin(), explanation.steps.end(),
                       [&](const ExplainStep& step) { return std::regex_search(step.formula, word); });
}

/// Of the symbols that the formulas use; empty: none.
std::string symbols_line(const Explanation& explanation) {
    std::string text;
    for (const auto& [symbol, meaning] : kSymbols) {
        if (uses(explanation, symbol))
            text += fmt::format("{}{}: {}", text.empty() ? "" : ", ", symbol, meaning);
    }
    return text.empty() ? "" : fmt::format("  where {}\n", text);
}

std::vector<Section> explain_sections(const std::vector<ExplainedVariant>& variants) {
    std::vector<Section> sections;
    for (const ExplainedVariant& variant : variants) {
        for (const Explanation& explanation : variant.explanations) {
            std::string text =
                fmt::format("{} ({}): {}\n", explanation.name, explanation.kind, explanation.sizes);
            for (const ExplainStep& step : explanation.steps)
                text += step_line(step);
            text += symbols_line(explanation);
            sections.push_back({text, {}});
        }
    }
    return sections;
}

/// In \\text{}: names have underscores.
std::string latex_text(const std::string& text) {
    std::string escaped;
    for (const char c : text)
        escaped += c == '_' ? std::string("\\_") : std::string(1, c);
    return fmt::format("\\text{{{}}}", escaped);
}

/// Letters of the formulas as they are set, other words upright.
std::string latex_word(const std::string& word) {
    if (word == "Ci" || word == "Co") return fmt::format("C_{}", word[1]);
    return word.size() == 1 || word.find('_') == 1 ? word : latex_text(word);
}

bool is_unit(const std::string& rest) {
    return rest.starts_with("FLOP");
}

/// A note in \\text{}, its formulas set as such.
std::string latex_note(const std::string& note) {
    std::string text = latex_text("(" + note + ")");
    for (const auto& [plain, set] : {std::pair("K*K", "$K^2$"), std::pair("H*W", "$H W$")}) {
        const std::size_t at = text.find(plain);
        if (at != std::string::npos) text.replace(at, std::string_view(plain).size(), set);
    }
    return text;
}

/// "K*K * Ci/groups" as "K^2 \cdot C_i/\text{groups}".
std::string latex_formula(const std::string& formula) {
    static const std::regex tokens("K\\*K|H\\*W|[A-Za-z][A-Za-z_]*( [a-z]+)*| \\* |,|.");
    std::string latex;
    for (auto token = std::sregex_iterator(formula.begin(), formula.end(), tokens);
         token != std::sregex_iterator(); ++token) {
        const std::string text = token->str();
        if (text == "K*K") {
            latex += "K^2";
        } else if (text == "H*W") {
            latex += "H W";
        } else if (text == " * ") {
            latex += " \\cdot ";
        } else if (text == ",") {
            latex += "{,}";
        } else if (text == " " && is_unit(token->suffix().str())) {
            latex += "\\ ";  // "9.8 FLOP per byte"
        } else {
            latex += std::isalpha(static_cast<unsigned char>(text.front())) != 0 ? latex_word(text) : text;
        }
    }
    return latex;
}

std::string latex_step(const ExplainStep& step) {
    if (step.formula.empty())
        return "&" + latex_text((step.quantity.empty() ? "" : step.quantity + ": ") + step.result);
    std::string line = latex_formula(step.quantity) + " &";
    for (const std::string* part : {&step.formula, &step.numbers, &step.result}) {
        if (!part->empty()) line += " = " + latex_formula(*part);
    }
    return line + (step.note.empty() ? "" : " &&" + latex_note(step.note));
}

std::string explain_latex(const std::vector<ExplainedVariant>& variants) {
    std::string text;
    for (const ExplainedVariant& variant : variants) {
        for (const Explanation& explanation : variant.explanations) {
            text += fmt::format("% {} alpha {} at {} px: {} ({})\n\\begin{{align*}}\n", variant.model,
                                variant.variant.alpha, variant.variant.resolution, explanation.name,
                                explanation.kind);
            for (std::size_t i = 0; i < explanation.steps.size(); ++i)
                text += fmt::format("  {}{}\n", latex_step(explanation.steps[i]),
                                    i + 1 < explanation.steps.size() ? " \\\\" : "");
            text += "\\end{align*}\n";
        }
    }
    return text;
}

Json explanation_json(const ExplainedVariant& variant, const Explanation& explanation) {
    Json symbols = Json::object();
    for (const auto& [symbol, meaning] : kSymbols)
        symbols[symbol] = meaning;
    Json steps = Json::array();
    for (const StepRow& row : step_rows(variant, explanation))
        steps.push_back(step_fields().json(row));
    return object_of({{"model", variant.model},
                      {"alpha", variant.variant.alpha},
                      {"resolution", side_json(variant.variant.resolution)},
                      {"height", variant.variant.resolution.height},
                      {"width", variant.variant.resolution.width},
                      {"name", explanation.name},
                      {"kind", explanation.kind},
                      {"sizes", explanation.sizes},
                      {"symbols", std::move(symbols)},
                      {"steps", std::move(steps)}});
}

template <typename Make>
auto of_each(const std::vector<ExplainedVariant>& variants, Make make) {
    std::vector<decltype(make(ExplainedVariant{}, Explanation{}))> made;
    for (const ExplainedVariant& variant : variants) {
        for (const Explanation& explanation : variant.explanations)
            made.push_back(make(variant, explanation));
    }
    return made;
}

Table explain_table(const std::vector<ExplainedVariant>& variants) {
    std::vector<StepRow> all;
    for (const auto& rows : of_each(variants, step_rows))
        all.insert(all.end(), rows.begin(), rows.end());
    return step_fields().csv(all);
}

}  // namespace

Report explain_report(const std::vector<ExplainedVariant>& variants) {
    const auto itself = [](const Json& json) { return json; };
    ExtraFormat latex = kLatex;
    latex.write = [&variants] { return explain_latex(variants); };
    return {
        .sections = [&variants] { return explain_sections(variants); },
        .csv = [&variants] { return explain_table(variants); },
        .json =
            [&variants, itself] {
                return rows_json(kExplainSchema, "explanations", of_each(variants, explanation_json), itself);
            },
        .jsonl = [&variants,
                  itself] { return rows_jsonl(kExplainSchema, of_each(variants, explanation_json), itself); },
        .extra = {latex}};
}

}  // namespace mobilenet_cost
