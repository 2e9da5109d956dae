/// Values of single settings: read from text, checked against what is known of their key, and
/// shown.
#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include "stint/setting.hpp"

namespace stint {

/// Check a value and bring it into its plain form: durations as text ("1m30s"), numbers as doubles.
/// Nothing if type, range or choices do not fit.
std::optional<json> checked_value(const SettingSpec& spec, const json& value);

/// The same for a value that came as text, from the environment or the command line. Lists are JSON
/// or separated by commas, tables are JSON.
std::optional<json> value_from_text(const SettingSpec& spec, std::string_view text);

/// How deeply tables and lists may be nested.
inline constexpr int kDeepestSetting = 32;

/// Parse JSON; nothing if it is none or is nested too deeply.
std::optional<json> json_from_text(std::string_view text);

/// Read a value that has the plain form or came unchecked from a file; nothing if it is no
/// duration.
std::optional<std::chrono::nanoseconds> duration_of(const json& value);

/// Say what a key takes: "a whole number from 1 to 1024", "one of text, json".
std::string expectation(const SettingSpec& spec);

/// Say what range a key has: "1 to 1024", "1s to 1d", "text, json"; empty if any value of the type.
std::string range_text(const SettingSpec& spec);

/// Show a value in an error: shortly, on one line, with secrets hidden.
std::string shown_value(const json& value, bool secret);

/// Replace what is secret in a value to be shown in full: in texts what `redacted` hides, in tables
/// the values of keys that name a secret; all of it if `secret`.
json redacted_value(const json& value, bool secret);

}  // namespace stint
