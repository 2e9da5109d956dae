/// The settings of one source as a tree: a file, or the JSON object of one variable.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include "stint/json.hpp"

namespace stint {

/// A value or a table of values, each with where it stands.
struct SettingNode {
  std::string source = {};  ///< "stint.toml:12", "environment STINT_LOGGING"
  bool is_table = false;
  json value = nullptr;  ///< unless a table
  std::vector<std::pair<std::string, SettingNode>> children = {};

  /// The value, or the whole table as an object.
  json to_json() const;
};

/// Make a tree of a JSON value; every node has the same source.
SettingNode node_from_json(const json& value, const std::string& source);

/// Parse TOML. For a syntax error, add one line with `file_name`, line and column and return
/// nothing.
std::optional<SettingNode> parse_toml(std::string_view text, const std::string& file_name,
                                      std::vector<std::string>& problems);

}  // namespace stint
