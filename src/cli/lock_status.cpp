// `lock status`: who holds a lock.
#include <fmt/format.h>
#include "base/duration.hpp"
#include "cli/command.hpp"
#include "cli/context.hpp"
#include "cli/described_lock.hpp"
#include "cli/json_line.hpp"
#include "stint/json.hpp"

namespace stint::cli {
namespace {

class LockStatus final : public Command {
 public:
  void declare(OptionTable& options, Context& /*context*/,
               std::span<const std::string> /*words*/) override {
    lock_.declare(options);
  }

  int run(Context& context) override {
    const DescribedLock lock = lock_.open(context);
    const LockRecord record = lock.backend->read();
    const LockTraits traits = lock.backend->traits();
    if (context.json()) {
      print_json(context, traits, record);
    } else {
      print_text(context, traits, record);
    }
    return 0;
  }

 private:
  static void print_json(Context& context, const LockTraits& traits, const LockRecord& record) {
    JsonLine line;
    line.text("backend", traits.name)
        .text("state", record.owner ? "held" : "free")
        .number("token", record.token)
        .raw("owner", record.owner ? json(*record.owner).dump() : std::string{});
    if (record.expires_in) {
      line.number("expires_in",
                  std::optional{std::chrono::duration<double>(*record.expires_in).count()});
    } else {
      line.raw("expires_in", {});
    }
    context.output().line(line.str());
  }

  void print_text(Context& context, const LockTraits& traits, const LockRecord& record) const {
    Output& output = context.output();
    output.line(
        fmt::format("{} ({}): {}", lock_.title(), traits.name, record.owner ? "held" : "free"));
    if (record.owner) {
      output.line(fmt::format("  by        {}", owner_text(*record.owner)));
      if (!record.owner->task.empty()) {
        output.line(fmt::format("  task      {}", printable(record.owner->task)));
      }
    }
    if (record.token != 0) output.line(fmt::format("  token     {}", record.token));
    if (record.owner && record.expires_in) {
      const auto left = std::chrono::duration_cast<std::chrono::seconds>(*record.expires_in);
      output.line(left.count() >= 0
                      ? fmt::format("  lease     ends in {} unless renewed", format_duration(left))
                      : fmt::format("  lease     ended {} ago", format_duration(-left)));
    }
    output.line(fmt::format("  exclusive {}", traits.promise));
  }

  LockName lock_;
};

}  // namespace

CommandEntry lock_status_entry() {
  return {
      .text = {.name = "lock status",
               .summary = "Show who holds a one-instance lock",
               .description =
                   "The lock is that of `[one_instance]` in the settings. Nothing is changed.",
               .examples = {{"lock status hello.world", "who runs the task now, and since when"},
                            {"lock status --lock-name backup --json", "for a program"}},
               .exit_codes = {{0, "the lock is held or free, as printed"},
                              {69, "the server does not answer"}}},
      .make = []() -> std::unique_ptr<Command> { return std::make_unique<LockStatus>(); }};
}

}  // namespace stint::cli
