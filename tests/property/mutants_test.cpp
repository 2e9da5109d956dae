// The fencing schedules must notice when the guard of a completion is weaker than (id, epoch,
// state): each weaker guard, put in the place of the real one, has to be reported.
#include <fstream>
#include <sstream>
#include <string>
#include "base/sql_override.hpp"
#include "stint_generated/postgres_sql.hpp"
#include "stint_generated/sqlite_sql.hpp"
#include "support/fencing.hpp"
#include "support/quick_commits.hpp"
#include "support/store_contract.hpp"

namespace stint::test {
namespace {

using ::testing::IsEmpty;
using ::testing::Not;

class Mutants : public StoreContract {
 protected:
  Mutants() { let_commits_be_quick(); }

  /// Run all schedules of one loss on a store whose completions are guarded by `guard`.
  std::vector<std::string> run(const std::string& guard, Loss loss, bool same_worker) {
    const SqlOverride mutant{statement(), with_guard(guard)};
    const std::unique_ptr<Store> store = place().open();
    StoreTime time = now();
    store->set_time_for_tests(time);
    const auto let_an_hour_pass = [&] {
      time += hours{1};
      store->set_time_for_tests(time);
    };
    std::vector<std::string> violations;
    for (const FencingSchedule& schedule : fencing_schedules(loss, same_worker)) {
      if (schedule.write != ZombieWrite::kDone) continue;
      for (std::string& one : run_fencing_schedule(*store, schedule, let_an_hour_pass)) {
        violations.push_back(std::move(one));
      }
    }
    return violations;
  }

 private:
  static const SqlFile& statement() {
    return GetParam() == "sqlite" ? sqlite::sql::complete_done : postgres::sql::complete_done;
  }

  static std::string fragment(const std::string& name) {
    std::ifstream file{std::string{STINT_SOURCE_DIR} + "/tests/property/mutants/" + GetParam() +
                       "/" + name + ".sql"};
    std::ostringstream text;
    text << file.rdbuf();
    std::string result = text.str();
    if (result.empty()) throw std::runtime_error{"there is no guard " + name};
    result.pop_back();
    return result;
  }

  static std::string with_guard(const std::string& guard) {
    std::string text{statement().text};
    const std::string real = fragment("guard");
    const std::size_t at = text.find(real);
    if (at == std::string::npos) throw std::runtime_error{"the statement has another guard by now"};
    return text.replace(at, real.size(), fragment(guard));
  }
};
STINT_ON_EVERY_STORE(Mutants);

const auto kAreNoticed = Not(IsEmpty());

TEST_P(Mutants, TheRealGuardIsNotCaught) {
  EXPECT_THAT(run("guard", Loss::kCrash, false), IsEmpty());
  EXPECT_THAT(run("guard", Loss::kFail, true), IsEmpty());
}

TEST_P(Mutants, CompletionByIdIsCaught) {
  EXPECT_THAT(run("by_id", Loss::kCrash, false), kAreNoticed);
  EXPECT_THAT(run("by_id", Loss::kRetire, false), kAreNoticed);
}

TEST_P(Mutants, CompletionByIdAndStateIsCaught) {
  EXPECT_THAT(run("by_id_and_state", Loss::kCrash, false), kAreNoticed);
  EXPECT_THAT(run("by_id_and_state", Loss::kSnooze, true), kAreNoticed);
}

TEST_P(Mutants, CompletionByIdAndWorkerIsCaught) {
  EXPECT_THAT(run("by_id_and_worker", Loss::kFail, false), IsEmpty())
      << "between two workers it looks right";
  EXPECT_THAT(run("by_id_and_worker", Loss::kFail, true), kAreNoticed);
}

}  // namespace
}  // namespace stint::test
