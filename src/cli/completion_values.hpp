/// What the values of options and arguments are completed with.
#pragma once
#include <string>
#include <string_view>
#include <vector>
#include "cli/completion.hpp"
#include "cli/options.hpp"

namespace stint::cli {

/// A value that is being typed.
struct TypedValue {
  std::string_view command;  ///< "job list"
  std::string_view name;     ///< what help calls it: "TASK", "FILE", "running|finished"
  const std::vector<std::string>& choices;
  std::string_view task;    ///< of `enqueue`: the task whose arguments are typed; else empty
  std::string_view prefix;  ///< what stands in front of it in its word: "--task="
  std::string_view text;    ///< what there is of it
};

/// Complete a value.
Candidates complete_value(Context& context, const TypedValue& value);

/// Keep the candidates that begin with `text`, put `prefix` in front of them.
std::vector<Candidate> fitting(std::vector<Candidate> candidates, std::string_view prefix,
                               std::string_view text);

}  // namespace stint::cli
