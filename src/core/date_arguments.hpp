/// Dates and moments among a job's arguments: written as date math, resolved at their time.
#pragma once
#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include "core/date_math.hpp"
#include "stint/module.hpp"

namespace stint {

/// What is wrong with a text as a date (kDay) or moment (kTime): nothing for a plain one and for
/// date math.
std::string date_problem(ArgumentType type, const json& value);

/// Tell whether a value, or one of a list, is date math that is still to be resolved.
bool is_open(const ArgumentSpec& spec, const json& value);

/// Tell whether one of the arguments is a date.
bool takes_dates(const detail::TaskDeclaration& task);

/// Tell whether a date among the arguments is still to be resolved, the defaults of those left out
/// included.
bool has_open_dates(const detail::TaskDeclaration& task, const json& args);

/// Resolve the dates against the time at which the job is due, filling in the defaults of those
/// that are left out. Plain dates stay. Throws Error kInvalid naming the argument: it leads beyond
/// the years 1678 to 2261, or to a date that is no choice; kConfiguration if this machine does not
/// know the zone.
void resolve_dates(const detail::TaskDeclaration& task, json& args,
                   std::chrono::system_clock::time_point due);

/// Resolve the moments against the start of an attempt: RFC 3339 in UTC. What is written without a
/// zone is local time of the argument's zone. Throws as `resolve_dates`.
void resolve_moments(const detail::TaskDeclaration& task, json& args,
                     std::chrono::system_clock::time_point start);

/// Throw what `resolve_moments` would throw; the arguments stay as they are.
void check_moments(const detail::TaskDeclaration& task, const json& args,
                   std::chrono::system_clock::time_point start);

/// Throw what resolving both would throw.
void check_dates(const detail::TaskDeclaration& task, const json& args,
                 std::chrono::system_clock::time_point now);

/// Resolve the dates of a job that was stored as it was given, by a program that does not know the
/// task: `args` is the stored text, and `due` is called only if a date is open. A text that cannot
/// be resolved is left as it is: its attempt says why.
void resolve_stored_dates(const detail::TaskDeclaration& task, std::string& args,
                          const std::function<std::chrono::system_clock::time_point()>& due);

/// Return `args` with plain dates and moments where date math stands: for a look at whether they
/// convert.
json with_sample_dates(const detail::TaskDeclaration& task, json args);

}  // namespace stint
