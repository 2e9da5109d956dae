/// Which text a statement is sent with: its file's, or what a test has put in its place.
#pragma once
#include <string>
#include <string_view>
#include "base/sql_file.hpp"

namespace stint {

/// Return the text to prepare or send. Only where the tests are built, and only while a SqlOverride
/// lives, is it another than the file's own. Valid until then.
std::string_view statement_text(const SqlFile& file);

/// Put another text in the place of a statement's, for stores that are opened while this object
/// lives and are gone before it: how a test takes a guard away to see that its loss is noticed. One
/// thread makes and destroys these. Exists only where the tests are built.
class SqlOverride final {
 public:
  SqlOverride(const SqlFile& file, std::string text);
  ~SqlOverride();
  SqlOverride(const SqlOverride&) = delete;
  SqlOverride& operator=(const SqlOverride&) = delete;

 private:
  const SqlFile* file_;
};

}  // namespace stint
