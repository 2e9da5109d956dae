// Compares docs/settings.md with the table of the built-in keys. STINT_TEST_UPDATE=1 rewrites the
// document.
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <gtest/gtest.h>
#include "config/builtin_settings.hpp"
#include "config/known_settings.hpp"
#include "config/setting_value.hpp"

namespace stint {
namespace {

constexpr std::string_view kBegin =
    "<!-- keys: written by the test SettingsReference with STINT_TEST_UPDATE=1 -->\n";
constexpr std::string_view kEnd = "<!-- end of keys -->\n";

std::string document_path() { return std::string{STINT_SOURCE_DIR} + "/docs/settings.md"; }

std::string read_document() {
  std::ifstream file{document_path()};
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// What is above the key: "one_instance.consul", or "" at the top.
std::string table_of(const std::string& key) {
  std::string table = key.substr(0, key.ends_with(".*") ? key.size() - 2 : key.size());
  if (!key.ends_with(".*") || table.find('.') != std::string::npos) {
    const std::size_t dot = table.rfind('.');
    table = dot == std::string::npos ? "" : table.substr(0, dot);
  }
  return table;
}

std::string variable_of(const SettingSpec& spec) {
  std::string variable = environment_twin(spec.key);
  if (variable.ends_with('*')) variable.replace(variable.size() - 1, 1, "NAME");
  return variable;
}

std::string default_of(const SettingSpec& spec) {
  if (!spec.default_value) return "";
  const json plain = checked_value(spec, *spec.default_value).value();
  return "`" + (plain.is_string() ? plain.get<std::string>() : plain.dump()) + "`";
}

std::string takes(const SettingSpec& spec) {
  std::string range = range_text(spec);
  if (!spec.choices.empty()) return range;
  std::string text{to_string(spec.type)};
  return range.empty() ? text : text + ", " + range;
}

std::string reference() {
  std::string text;
  std::string table = "none";
  for (const SettingSpec& spec : builtin_settings()) {
    if (table_of(spec.key) != table) {
      table = table_of(spec.key);
      text += table.empty() ? "\n### At the top of the file\n\n" : "\n### `[" + table + "]`\n\n";
      text += "| key | variable | takes | default | for |\n|---|---|---|---|---|\n";
    }
    const std::string name = table.empty() ? spec.key : spec.key.substr(table.size() + 1);
    text += "| `" + name + "` | `" + variable_of(spec) + "` | " + takes(spec) + " | " +
            default_of(spec) + " | " + spec.help + " |\n";
  }
  return text + "\n";
}

TEST(SettingsReference, ListsEveryKey) {
  const std::string document = read_document();
  const std::size_t begin = document.find(kBegin);
  const std::size_t end = document.find(kEnd);
  ASSERT_NE(begin, std::string::npos) << document_path();
  ASSERT_NE(end, std::string::npos) << document_path();
  const std::size_t start = begin + kBegin.size();
  if (std::getenv("STINT_TEST_UPDATE") != nullptr) {
    std::ofstream{document_path()} << document.substr(0, start) << reference()
                                   << document.substr(end);
    return;
  }
  EXPECT_EQ(document.substr(start, end - start), reference())
      << "run this test with STINT_TEST_UPDATE=1 and look at the difference";
}

TEST(BuiltinSettings, HaveDefaultsThatFitAndHelp) {
  std::vector<std::string> problems;
  const KnownSettings known{{}, &problems};
  EXPECT_TRUE(problems.empty());
  for (const SettingSpec& spec : known.specs()) {
    if (spec.default_value) {
      EXPECT_TRUE(checked_value(spec, *spec.default_value)) << spec.key;
    }
    EXPECT_TRUE(spec.help.ends_with('.')) << spec.key;
    EXPECT_EQ(spec.help.find('|'), std::string::npos) << spec.key << " would break its table";
  }
}

TEST(BuiltinSettings, HaveOneVariableEach) {
  const KnownSettings known;
  for (const SettingSpec& spec : known.specs()) {
    if (spec.key.ends_with('*')) continue;
    EXPECT_EQ(known.key_of(environment_twin(spec.key)), spec.key);
  }
}

}  // namespace
}  // namespace stint
