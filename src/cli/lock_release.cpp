// `lock release`: take a lock away from whoever holds it.
#include <fmt/format.h>
#include "base/host.hpp"
#include "cli/command.hpp"
#include "cli/context.hpp"
#include "cli/described_lock.hpp"
#include "cli/json_line.hpp"
#include "stint/error.hpp"
#include "stint/json.hpp"

namespace stint::cli {
namespace {

class LockRelease final : public Command {
 public:
  void declare(OptionTable& options, Context& /*context*/,
               std::span<const std::string> /*words*/) override {
    lock_.declare(options);
    options.flag({"--yes", "-y"}, yes_, "really take it away");
    options.text({"--reason"}, "TEXT", reason_, "why, for the server's record of it");
  }

  int run(Context& context) override {
    const DescribedLock lock = lock_.open(context);
    const LockRecord before = lock.backend->read();
    if (!before.owner) {
      print(context, "free", before);
      return 0;
    }
    if (!yes_) {
      // Without a lease it is the kernel's, and ends with its holder.
      const char* const way =
          lock.backend->traits().has_lease
              ? "to take it away from there, add --yes: its task is stopped as soon as it hears of "
                "it, and may run on until then"
              : "end that process, and it is free";
      throw Error{ErrorCode::kNotOwner, fmt::format("{} is held by {}; {}", lock_.title(),
                                                    owner_text(*before.owner), way)};
    }
    lock.backend->force_release(
        fmt::format("{}@{}{}{}", user_name(), host_name(), reason_.empty() ? "" : ": ", reason_));
    print(context, "released", before);
    return 0;
  }

 private:
  void print(Context& context, std::string_view state, const LockRecord& before) const {
    if (context.json()) {
      JsonLine line;
      line.text("state", state)
          .raw("owner", before.owner ? json(*before.owner).dump() : std::string{})
          .number("token", before.token);
      context.output().line(line.str());
    } else if (before.owner) {
      context.output().line(
          fmt::format("{} was taken away from {}", lock_.title(), owner_text(*before.owner)));
    } else {
      context.output().line(fmt::format("{} is free already", lock_.title()));
    }
  }

  LockName lock_;
  bool yes_ = false;
  std::string reason_;
};

}  // namespace

CommandEntry lock_release_entry() {
  return {
      .text =
          {.name = "lock release",
           .summary = "Take a one-instance lock away from whoever holds it",
           .description =
               "For a holder that is known to be dead, when nobody wants to wait for the end of "
               "its lease. The next holder's fencing token is larger, so that what refuses old "
               "tokens is safe in any case. Without --yes it names the holder and changes "
               "nothing.",
           .examples = {{"lock release hello.world", "who would lose it?"},
                        {"lock release hello.world --yes --reason \"rack 3 burnt\"",
                         "take it away"}},
           .exit_codes = {{0, "the lock is free now"},
                          {4, "somebody holds it, and --yes was not given"},
                          {69, "the server does not answer"}}},
      .make = []() -> std::unique_ptr<Command> { return std::make_unique<LockRelease>(); }};
}

}  // namespace stint::cli
