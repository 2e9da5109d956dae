#include "cli/module_command.hpp"
#include <algorithm>
#include <charconv>
#include <utility>
#include <fmt/format.h>
#include "cli/argument_options.hpp"
#include "cli/context.hpp"
#include "cli/run_here.hpp"
#include "cli/signals.hpp"
#include "stint/error.hpp"

namespace stint::cli {
namespace {

constexpr int kGreatestExit = 255;

class ModuleCommand final : public Command {
 public:
  explicit ModuleCommand(const detail::TaskDeclaration& declaration)
      : declaration_(declaration), arguments_(declaration.args) {}

  void declare(OptionTable& options, Context& /*context*/,
               std::span<const std::string> /*words*/) override {
    arguments_.declare(options);
    for (const ArgumentSpec& spec : declaration_.args) {
      if (spec.type == ArgumentType::kBoolean) continue;
      arguments_.declare_positional(options, spec);
      if (spec.type == ArgumentType::kArray) break;  // takes all that is left
    }
  }

  int run(Context& context) override {
    const HereResult result = run_here(context, declaration_, arguments_.given());
    if (result.signal != 0) return kSignalExit + result.signal;
    if (result.end.outcome != Outcome::kDone) return fail(context, result);
    return exit_code_of(context, result.end.output);
  }

 private:
  static int fail(Context& context, const HereResult& result) {
    try {
      if (result.thrown) std::rethrow_exception(result.thrown);
    } catch (const Error&) {
      throw;                           // it has an exit code and a message of its own
    } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): see below
      // described below, as the execution saw it
    }
    context.note(
        fmt::format("{}: error: {}", context.program(), printable(failure_text(result.end))));
    return 1;
  }

  /// A whole number is the exit code; anything else a result.
  static int exit_code_of(Context& context, std::string_view output) {
    if (output.empty()) return 0;
    int code = 0;
    const auto [end, problem] = std::from_chars(output.data(), output.data() + output.size(), code);
    if (problem == std::errc{} && end == output.data() + output.size()) {
      return std::clamp(code, 0, kGreatestExit);
    }
    context.output().line(output);
    return 0;
  }

  const detail::TaskDeclaration& declaration_;
  ArgumentOptions arguments_;
};

}  // namespace

CommandText module_command_text(const detail::TaskDeclaration& declaration) {
  std::string_view summary = declaration.options.doc;
  while (summary.ends_with('.')) summary.remove_suffix(1);
  return {
      .name = declaration.name,
      .summary = summary.empty() ? std::string_view{"A command of this program"} : summary,
      .exit_codes = {{1, "it failed"}, {130, "stopped by SIGINT"}, {143, "stopped by SIGTERM"}}};
}

std::unique_ptr<Command> make_module_command(const detail::TaskDeclaration& declaration) {
  return std::make_unique<ModuleCommand>(declaration);
}

}  // namespace stint::cli
