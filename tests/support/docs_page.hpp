/// The examples of a page of the documentation.
#pragma once
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace stint::test {

/// A block between two lines of ```.
struct DocsBlock {
  std::string language;  ///< the first word behind the ```; empty: none
  std::string file;      ///< the second word: what file it is the whole of; empty: none
  int line = 0;          ///< of its first line within the page, from 1
  std::vector<std::string> lines;
};

/// One command of a console block with what it prints: a line of `$ `, and those of `> ` with which
/// it goes on.
struct DocsCommand {
  int line = 0;
  std::string command;
  std::vector<std::string> output;
};

/// Read all blocks of a page, in order.
std::vector<DocsBlock> docs_blocks(const std::filesystem::path& page);

/// Take a console block apart. Throws std::runtime_error for output before the first command.
std::vector<DocsCommand> docs_commands(const DocsBlock& block);

/// Tell whether a command printed what a page shows. There, a line of `...` stands for any lines or
/// none, and `…` within a line for any text; a time such as 2026-11-22T09:30:00.142Z, or that of a
/// log line, stands for any. Spaces at the ends of lines do not count.
bool matches_docs(const std::vector<std::string>& shown, const std::vector<std::string>& printed);

}  // namespace stint::test
