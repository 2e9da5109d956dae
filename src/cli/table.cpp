#include "cli/table.hpp"
#include <algorithm>
#include <numeric>
#include <utility>
#include "cli/output.hpp"

namespace stint::cli {
namespace {

constexpr std::size_t kGap = 2;
constexpr std::size_t kNarrowest = 8;  // of a flexible column: below it, lines wrap instead

}  // namespace

void Table::add(std::vector<Cell> row, std::vector<std::string> notes) {
  row.resize(columns_.size());
  for (Cell& cell : row) cell.text = printable(cell.text);
  rows_.push_back(std::move(row));
  notes_.push_back(std::move(notes));
}

std::vector<std::size_t> Table::widths(const Terminal& terminal) const {
  std::vector<std::size_t> result;
  for (std::size_t column = 0; column < columns_.size(); ++column) {
    std::size_t width = display_width(columns_[column].title);
    for (const auto& row : rows_) width = std::max(width, display_width(row[column].text));
    result.push_back(width);
  }
  if (terminal.width == 0) return result;
  std::size_t total = std::accumulate(result.begin(), result.end(), kGap * (columns_.size() - 1));
  while (total > terminal.width) {
    std::size_t widest = columns_.size();
    for (std::size_t column = 0; column < columns_.size(); ++column) {
      if (!columns_[column].is_flexible || result[column] <= kNarrowest) continue;
      if (widest == columns_.size() || result[column] > result[widest]) widest = column;
    }
    if (widest == columns_.size()) break;
    --result[widest];
    --total;
  }
  return result;
}

/// A terminal that is too narrow for columns: one cell a line, a blank line between rows.
void Table::print_blocks(Output& output, const Terminal& terminal) const {
  std::size_t title_width = 0;
  for (const Column& column : columns_) {
    title_width = std::max(title_width, display_width(column.title));
  }
  const std::size_t room = std::max(terminal.width, title_width + kGap + 1) - title_width - kGap;
  bool is_first = true;
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    const auto& row = rows_[i];
    if (!is_first) output.line("");
    is_first = false;
    for (std::size_t column = 0; column < columns_.size(); ++column) {
      const std::string& title = columns_[column].title;
      if (row[column].text.empty()) continue;
      output.line(
          colored(title, Color::kBold, terminal.colors_output) +
          std::string(title_width - display_width(title) + kGap, ' ') +
          colored(truncated(row[column].text, room), row[column].color, terminal.colors_output));
    }
    for (const std::string& note : notes_[i]) output.line("  " + printable(note));
  }
}

void Table::print(Output& output, const Terminal& terminal) const {
  const std::vector<std::size_t> width = widths(terminal);
  const std::size_t total =
      std::accumulate(width.begin(), width.end(), kGap * (columns_.size() - 1));
  if (terminal.width > 0 && total > terminal.width) {
    print_blocks(output, terminal);
    return;
  }
  const auto print_row = [&](const auto& text_of, const auto& color_of) {
    std::string line;
    for (std::size_t column = 0; column < columns_.size(); ++column) {
      const std::string text = terminal.width == 0 ? std::string{text_of(column)}
                                                   : truncated(text_of(column), width[column]);
      const std::size_t used = display_width(text);
      const std::string fill(width[column] > used ? width[column] - used : 0, ' ');
      const bool is_last = column + 1 == columns_.size();
      if (columns_[column].is_right) line += fill;
      line += colored(text, color_of(column), terminal.colors_output);
      if (!columns_[column].is_right && !is_last) line += fill;
      if (!is_last) line.append(kGap, ' ');
    }
    output.line(line);
  };
  print_row([&](std::size_t column) -> const std::string& { return columns_[column].title; },
            [](std::size_t) { return Color::kBold; });
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    const auto& row = rows_[i];
    print_row([&](std::size_t column) -> const std::string& { return row[column].text; },
              [&](std::size_t column) { return row[column].color; });
    for (const std::string& note : notes_[i]) output.line("    " + printable(note));
  }
}

}  // namespace stint::cli
