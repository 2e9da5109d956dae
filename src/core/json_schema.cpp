#include "core/json_schema.hpp"
#include <algorithm>
#include <array>
#include <limits>
#include <string>
#include <string_view>

namespace stint {
namespace {

using Limits = std::numeric_limits<std::int64_t>;

/// How a type stands in a schema.
struct Words {
  ArgumentType type;
  std::string_view word;    ///< empty: anything
  std::string_view format;  ///< empty: none
};
constexpr std::array kWords = {
    Words{ArgumentType::kAny, "", ""},
    Words{ArgumentType::kBoolean, "boolean", ""},
    Words{ArgumentType::kInteger, "integer", ""},
    Words{ArgumentType::kNumber, "number", ""},
    Words{ArgumentType::kString, "string", ""},
    Words{ArgumentType::kBytes, "string", "binary"},
    Words{ArgumentType::kTime, "string", "date-time"},
    Words{ArgumentType::kDay, "string", "date"},
    Words{ArgumentType::kDuration, "string", "duration"},
    Words{ArgumentType::kTimeOfDay, "string", "time"},
    Words{ArgumentType::kArray, "array", ""},
    Words{ArgumentType::kObject, "object", ""},
};

const Words& words_of(ArgumentType type) {
  const auto* const found = std::ranges::find(kWords, type, &Words::type);
  return found == kWords.end() ? kWords.front() : *found;
}

json type_schema(ArgumentType type) {
  const Words& words = words_of(type);
  json schema = json::object();
  if (!words.word.empty()) schema["type"] = words.word;
  if (!words.format.empty()) schema["format"] = words.format;
  return schema;
}

ArgumentType read_type(const json& schema) {
  std::string word;
  if (schema.contains("type")) {
    const json& type = schema.at("type");
    word = (type.is_array() ? type.at(0) : type).get<std::string>();
  }
  const auto format = schema.value("format", std::string{});
  const auto* const found = std::ranges::find_if(
      kWords, [&](const Words& words) { return words.word == word && words.format == format; });
  return found == kWords.end() ? ArgumentType::kAny : found->type;
}

// The bounds and choices of a value, or of each element of a list.
void add_rules(const ArgumentSpec& spec, json& schema) {
  if (spec.minimum != Limits::min()) schema["minimum"] = spec.minimum;
  if (spec.maximum != Limits::max()) schema["maximum"] = spec.maximum;
  if (!spec.lowest.is_null() && !schema.contains("minimum")) schema["minimum"] = spec.lowest;
  if (!spec.highest.is_null() && !schema.contains("maximum")) schema["maximum"] = spec.highest;
  if (!spec.choices.empty()) schema["enum"] = spec.choices;
}

void read_rules(const json& schema, ArgumentSpec& spec) {
  if (spec.type == ArgumentType::kInteger || spec.element == ArgumentType::kInteger) {
    spec.minimum = schema.value("minimum", spec.minimum);
    spec.maximum = schema.value("maximum", spec.maximum);
  } else {
    spec.lowest = schema.value("minimum", json{});
    spec.highest = schema.value("maximum", json{});
  }
  if (!schema.contains("enum")) return;
  for (const json& choice : schema.at("enum")) {
    if (!choice.is_null()) spec.choices.push_back(choice);
  }
}

ArgumentSpec read_value(const json& schema) {
  ArgumentSpec spec;
  spec.type = read_type(schema);
  spec.nullable = schema.contains("type") && schema.at("type").is_array();
  spec.help = schema.value("description", std::string{});
  if (spec.type == ArgumentType::kArray && schema.contains("items")) {
    spec.element = read_type(schema.at("items"));
    read_rules(schema.at("items"), spec);
  } else {
    read_rules(schema, spec);
  }
  return spec;
}

}  // namespace

json value_schema(const ArgumentSpec& spec) {
  json schema = type_schema(spec.type);
  if (spec.type == ArgumentType::kArray) {
    json items = type_schema(spec.element);
    add_rules(spec, items);
    if (!items.empty()) schema["items"] = std::move(items);
  } else {
    add_rules(spec, schema);
  }
  if (spec.nullable && schema.contains("type")) {
    schema["type"] = json::array({schema.at("type"), "null"});
    if (schema.contains("enum")) schema["enum"].push_back(nullptr);
  }
  if (!spec.help.empty()) schema["description"] = spec.help;
  // Bytes are no JSON.
  if (spec.default_value && !spec.default_value->is_binary()) {
    schema["default"] = *spec.default_value;
  }
  return schema;
}

json object_schema(std::span<const ArgumentSpec> specs) {
  json properties = json::object();
  json required = json::array();
  for (const ArgumentSpec& spec : specs) {
    properties[spec.name] = value_schema(spec);
    if (spec.required) required.push_back(spec.name);
  }
  return {{"type", "object"},
          {"properties", std::move(properties)},
          {"required", std::move(required)},
          {"additionalProperties", false}};
}

json output_schema(std::span<const ArgumentSpec> returns) {
  if (returns.size() == 1 && returns.front().name.empty()) return value_schema(returns.front());
  return object_schema(returns);
}

std::vector<ArgumentSpec> read_output_schema(const json& schema) {
  if (!schema.contains("properties")) return {read_value(schema)};
  const json required = schema.value("required", json::array());
  std::vector<ArgumentSpec> fields;
  for (const auto& [name, one] : schema.at("properties").items()) {
    ArgumentSpec& field = fields.emplace_back(read_value(one));
    field.name = name;
    field.required = std::ranges::find(required, json(name)) != required.end();
  }
  return fields;
}

}  // namespace stint
