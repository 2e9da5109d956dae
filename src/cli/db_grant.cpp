// `db grant`: what a role of the database server may do.
#include <array>
#include <string>
#include <fmt/format.h>
#include "cli/command.hpp"
#include "cli/context.hpp"
#include "cli/json_line.hpp"
#include "core/store.hpp"
#include "stint/error.hpp"

namespace stint::cli {
namespace {

struct Grant {
  std::string_view name;
  StoreGrant grant;
};
constexpr std::array kGrants{Grant{"enqueue", StoreGrant::kEnqueue},
                             Grant{"worker", StoreGrant::kWorker}, Grant{"read", StoreGrant::kRead},
                             Grant{"owner", StoreGrant::kOwner}};

StoreGrant grant_of(const std::string& name) {
  for (const Grant& one : kGrants) {
    if (one.name == name) return one.grant;
  }
  throw Error{ErrorCode::kUsage,
              fmt::format("\"{}\" is nothing to grant: say enqueue, worker, read or owner", name)};
}

class DbGrant final : public Command {
 public:
  void declare(OptionTable& options, Context& /*context*/,
               std::span<const std::string> /*words*/) override {
    options.positional("WHAT", what_, "enqueue, worker, read or owner").choices = {
        "enqueue", "worker", "read", "owner"};
    options.positional("ROLE", role_, "a role of the database server; it must exist");
    options.flag({"--print"}, print_, "print the statements and change nothing");
  }

  int run(Context& context) override {
    const StoreGrant what = grant_of(what_);
    const auto schema = context.schema();
    if (print_) {
      context.output().write(schema->grant_script(what, role_));
      return 0;
    }
    schema->grant(what, role_);
    if (context.json()) {
      JsonLine line;
      line.text("store", context.store_name()).text("granted", what_).text("role", role_);
      context.output().line(line.str());
    } else {
      context.output().line(fmt::format("{} may now: {}", role_, what_));
    }
    return 0;
  }

 private:
  std::string what_;
  std::string role_;
  bool print_ = false;
};

}  // namespace

CommandEntry db_grant_entry() {
  return {
      .text =
          {.name = "db grant",
           .summary = "Let a role of the database server use the store",
           .description =
               "`enqueue`: ask for jobs, by the library and by SQL, and see their states, not "
               "what is in them. `worker`: all that workers and operators do. `read`: look at "
               "everything. `owner`: everything, migrations included. Rights add up. Run it "
               "again after `db migrate`. PostgreSQL only: who may use a SQLite file is decided "
               "by the rights of the file and its folder.",
           .examples = {{"db grant enqueue web", "the role `web` enqueues and waits"},
                        {"db grant worker jobs --print", "the statements, to run by hand"}}},
      .make = []() -> std::unique_ptr<Command> { return std::make_unique<DbGrant>(); }};
}

}  // namespace stint::cli
