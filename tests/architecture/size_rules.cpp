#include "size_rules.hpp"
#include <cctype>
#include <regex>
#include <string>
#include <string_view>
#include <fmt/format.h>
#include "scan.hpp"

namespace stint::architecture {
namespace {

enum class Block { kNamespace, kClass, kFunction, kOther };

// Blank out preprocessor directives, which may hold braces without a partner.
void blank_directives(std::string& code) {
  bool in_directive = false;
  std::size_t begin = 0;
  while (begin < code.size()) {
    const std::size_t end = std::min(code.find('\n', begin), code.size());
    const std::size_t first = code.find_first_not_of(" \t", begin);
    const bool continues = end > begin && code[end - 1] == '\\';
    if (in_directive || (first < end && code[first] == '#')) {
      code.replace(begin, end - begin, end - begin, ' ');
      in_directive = continues;
    }
    begin = end + 1;
  }
}

// Judge what a brace opens by the text since the last statement or block.
Block classify(const std::string& head) {
  static const std::regex kNamespace{R"(^\s*(inline\s+)?namespace\b[^()]*$)"};
  static const std::regex kExternC{R"(^\s*extern\s*"\s*"\s*$)"};
  static const std::regex kClass{R"((^|[\s>:])(class|struct|union|enum)\s[^()]*$)"};
  // A parameter list, then what may follow it: qualifiers, a result, members' initialisers.
  static const std::regex kFunction{
      R"(\)\s*((const|noexcept|override|final|mutable|try|&&?|requires\b.*|->.*)\s*(\([^()]*\))?\s*)*(:[^:].*[)}]\s*)?$)"};
  if (std::regex_search(head, kNamespace) || std::regex_search(head, kExternC)) {
    return Block::kNamespace;
  }
  if (std::regex_search(head, kClass) && head.find('=') == std::string::npos) return Block::kClass;
  if (std::regex_search(head, kFunction)) return Block::kFunction;
  return Block::kOther;
}

class FunctionFinder final {
 public:
  std::vector<FunctionSpan> run(const std::string& code) && {
    for (const char c : code) {
      if (c == '\n') ++line_;
      if (depth_in_function_ > 0) {
        inside_function(c);
      } else {
        outside_function(c);
      }
    }
    return std::move(functions_);
  }

 private:
  void inside_function(char c) {
    if (c == '{') ++depth_in_function_;
    if (c == '}' && --depth_in_function_ == 0) {
      functions_.push_back({.line = head_line_,
                            .lines = line_ - head_line_ + 1,
                            .head = head_.substr(0, head_.find_last_not_of(' ') + 1)});
      head_.clear();
    }
  }

  void outside_function(char c) {
    if (c == '{') {
      open();
    } else if (c == '}') {
      close();
    } else if (c == ';' && initialiser_depth_ == 0) {
      head_.clear();
    } else if (initialiser_depth_ == 0) {
      const bool is_blank = std::isspace(static_cast<unsigned char>(c)) != 0;
      if (head_.empty() && is_blank) return;
      if (head_.empty()) head_line_ = line_;
      head_ += is_blank ? ' ' : c;
    }
  }

  void open() {
    const Block block = initialiser_depth_ > 0 ? Block::kOther : classify(head_);
    if (block == Block::kFunction) {
      depth_in_function_ = 1;
    } else if (block == Block::kOther) {
      ++initialiser_depth_;
    } else {
      head_.clear();
    }
  }

  // What an initialiser's braces hold is still part of the statement around it.
  void close() {
    if (initialiser_depth_ > 0) {
      --initialiser_depth_;
      head_ += "{}";
    } else {
      head_.clear();
    }
  }

  std::vector<FunctionSpan> functions_;
  std::string head_;
  std::size_t line_ = 1;
  std::size_t head_line_ = 1;
  std::size_t depth_in_function_ = 0;
  std::size_t initialiser_depth_ = 0;
};

}  // namespace

std::vector<FunctionSpan> find_functions(const std::string& text) {
  std::string code = scan(text).code;
  blank_directives(code);
  return FunctionFinder{}.run(code);
}

std::vector<Violation> check_file_sizes(const Tree& tree) {
  std::vector<Violation> violations;
  for (const SourceFile& file : tree) {
    if (!file.is_cpp()) continue;
    const std::size_t lines = split_lines(file.text).size();
    if (lines > kMaxFileLines) {
      violations.push_back({.path = file.path,
                            .line = lines,
                            .rule = fmt::format("{} lines, more than {}: split the file by role",
                                                lines, kMaxFileLines)});
    }
  }
  return violations;
}

std::vector<Violation> check_function_sizes(const Tree& tree) {
  std::vector<Violation> violations;
  for (const SourceFile& file : tree) {
    if (!file.is_cpp()) continue;
    for (const FunctionSpan& function : find_functions(file.text)) {
      if (function.lines > kMaxFunctionLines) {
        violations.push_back(
            {.path = file.path,
             .line = function.line,
             .rule = fmt::format("a function of {} lines, more than {}: {}", function.lines,
                                 kMaxFunctionLines, function.head)});
      }
    }
  }
  return violations;
}

}  // namespace stint::architecture
