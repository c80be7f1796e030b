#pragma once

#include <functional>
#include <string>
#include <vector>

#include "mobilenet_cost/report/parts/table.h"

namespace mobilenet_cost {

/// A form that only some results have.
struct ExtraFormat {
    std::string name;
    std::string suffix;  ///< of a file that is written in this form; may be empty
    std::function<std::string()> write = {};
};

/// One of several tables of a result, by a name that goes into a file's.
struct NamedTable {
    std::string name;
    std::function<Table()> table;
};

/// A result in each form; only the one asked for is made. It refers to the values that it was made from,
/// which must outlive it.
struct Report {
    std::function<std::vector<Section>()> sections;  ///< text and markdown
    std::function<Table()> csv;
    std::function<std::string()> json;
    std::function<std::string()> jsonl;
    std::vector<ExtraFormat> extra = {};
    std::vector<NamedTable> csv_tables = {};  ///< instead of `csv`, where one table cannot hold all of it
};

}  // namespace mobilenet_cost
