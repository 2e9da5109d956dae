/// Results as aligned columns.
#pragma once
#include <string>
#include <vector>
#include "cli/terminal.hpp"

namespace stint::cli {

class Output;

/// One cell: any bytes, shown in one line.
struct Cell {
  std::string text = {};
  Color color = Color::kNone;
};

/// One column.
struct Column {
  std::string title;
  bool is_right = false;     ///< numbers stand at the right
  bool is_flexible = false;  ///< cut first when the terminal is too narrow
};

/// Collect rows and print them aligned, two blanks between columns, no tabs. On a terminal flexible
/// columns are cut so that a row fits a line, and where that is not enough each row becomes a block
/// of lines, a cell each; elsewhere nothing is cut.
class Table {
 public:
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  /// Add a row; it has as many cells as there are columns. `notes` are lines below it, indented and
  /// never cut.
  void add(std::vector<Cell> row, std::vector<std::string> notes = {});
  /// Print the titles and all rows.
  void print(Output& output, const Terminal& terminal) const;

 private:
  std::vector<std::size_t> widths(const Terminal& terminal) const;
  void print_blocks(Output& output, const Terminal& terminal) const;

  std::vector<Column> columns_;
  std::vector<std::vector<Cell>> rows_;
  std::vector<std::vector<std::string>> notes_;  // of each row
};

}  // namespace stint::cli
