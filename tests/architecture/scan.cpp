#include "scan.hpp"
#include <algorithm>
#include <cctype>

namespace stint::architecture {
namespace {

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

class Scanner final {
 public:
  explicit Scanner(std::string_view text) : text_{text} { result_.code.reserve(text.size()); }

  ScannedSource run() && {
    while (position_ < text_.size()) {
      if (starts_with("//")) {
        blank_until(std::min(text_.find('\n', position_), text_.size()));
      } else if (starts_with("/*")) {
        blank_until(end_after("*/", position_ + 2));
      } else if (text_[position_] == '"') {
        is_raw() ? take_raw_string() : take_quoted('"');
      } else if (text_[position_] == '\'' && !is_digit_separator()) {
        take_quoted('\'');
      } else {
        if (std::isspace(static_cast<unsigned char>(text_[position_])) == 0) adjacent_ = false;
        keep();
      }
    }
    return std::move(result_);
  }

 private:
  bool starts_with(std::string_view start) const {
    return text_.substr(position_).starts_with(start);
  }

  // The position just after the next `end`, or the end of the text.
  std::size_t end_after(std::string_view end, std::size_t from) const {
    const std::size_t found = text_.find(end, from);
    return found == std::string_view::npos ? text_.size() : found + end.size();
  }

  // 1'000: a quote between two word characters, unless a prefix such as u8 comes before it.
  bool is_digit_separator() const {
    return position_ > 0 && position_ + 1 < text_.size() && is_word(text_[position_ - 1]) &&
           is_word(text_[position_ + 1]) && starts_number();
  }

  // Whether the word that the position stands in or after begins with a digit.
  bool starts_number() const {
    std::size_t begin = position_;
    while (begin > 0 && (is_word(text_[begin - 1]) || text_[begin - 1] == '\'')) --begin;
    return std::isdigit(static_cast<unsigned char>(text_[begin])) != 0;
  }

  bool is_raw() const { return position_ > 0 && text_[position_ - 1] == 'R'; }

  void keep() {
    line_ += text_[position_] == '\n' ? 1U : 0U;
    result_.code += text_[position_++];
  }

  void blank_until(std::size_t end) {
    for (; position_ < end; ++position_) {
      const bool is_line_end = text_[position_] == '\n';
      line_ += is_line_end ? 1U : 0U;
      result_.code += is_line_end ? '\n' : ' ';
    }
  }

  void take_raw_string() {
    const std::size_t open = std::min(text_.find('(', position_), text_.size());
    std::string close = ")";
    close += text_.substr(position_ + 1, open - position_ - 1);
    close += '"';
    const std::size_t end = end_after(close, open);
    const std::size_t inside = std::min(open + 1, text_.size());
    add_literal(text_.substr(inside, end - std::min(end, inside + close.size())));
    keep();
    blank_until(end - 1);
    if (position_ < text_.size()) keep();
  }

  void take_quoted(char quote) {
    std::size_t end = position_ + 1;
    while (end < text_.size() && text_[end] != quote && text_[end] != '\n') {
      end += text_[end] == '\\' ? 2U : 1U;
    }
    end = std::min(end, text_.size());
    if (quote == '"') add_literal(text_.substr(position_ + 1, end - position_ - 1));
    keep();
    blank_until(end);
    if (position_ < text_.size()) keep();
  }

  void add_literal(std::string_view text) {
    if (adjacent_) {
      result_.literals.back().text += text;
    } else {
      result_.literals.push_back({.line = line_, .text = std::string{text}});
    }
    adjacent_ = true;
  }

  std::string_view text_;
  std::size_t position_ = 0;
  std::size_t line_ = 1;
  bool adjacent_ = false;  // nothing but white space since the last literal
  ScannedSource result_;
};

}  // namespace

ScannedSource scan(std::string_view text) { return Scanner{text}.run(); }

}  // namespace stint::architecture
