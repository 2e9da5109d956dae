// SQL as a way in: the functions and views of the schema, beside the library.
#include <array>
#include <chrono>
#include <cstdint>
#include <fstream>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>
#include <fmt/format.h>
#include "app/task_records.hpp"
#include "base/utf8.hpp"
#include "core/date_math.hpp"
#include "core/enqueue_plan.hpp"
#include "core/registry.hpp"
#include "postgres_test_base.hpp"
#include "stint/error.hpp"
#include "stint/stint.hpp"
#include "support/eventually.hpp"
#include "support/hostile_texts.hpp"

namespace stint::test {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

STINT_MODULE(c, m) {
  m.task("nothing", [] {});
  m.task("integer", [](int) {}, {arg("v")});
  m.task("long", [](std::int64_t) {}, {arg("v")});
  m.task("number", [](double) {}, {arg("v")});
  m.task("boolean", [](bool) {}, {arg("v")});
  m.task("string", [](const std::string&) {}, {arg("v")});
  m.task("bytes", [](const Bytes&) {}, {arg("v")});
  m.task("time", [](std::chrono::system_clock::time_point) {}, {arg("v")});
  m.task("day", [](std::chrono::year_month_day) {}, {arg("v")});
  m.task("duration", [](std::chrono::milliseconds) {}, {arg("v")});
  m.task("list", [](const std::vector<int>&) {}, {arg("v")});
  m.task("object", [](const std::map<std::string, json>&) {}, {arg("v")});
  m.task("any", [](const json&) {}, {arg("v")});
  m.task("choice", [](int) {}, {arg("width").one_of(100, 400, 800) = 800});
  m.task("optional", [](const std::optional<std::string>&) {}, {arg("v")});
  m.task("options", [] {}, {},
         {.domain = "mail", .priority = 5, .timeout = 30s, .retry = {.max_attempts = 4}});
  m.task("once", [] {}, {}, {.at_most_once = true});
  m.task("local_day", [](const json&) {}, {arg("v").date() = "today-1d"},
         {.zone = "Europe/Berlin"});
  m.task("west_day", [](const std::string&) {}, {arg("v").date().zone("America/New_York")},
         {.zone = "Europe/Berlin"});
  m.task("days", [](const std::vector<std::string>&) {}, {arg("v").date()});
  m.task("day_choice", [](const json&) {}, {arg("v").date().one_of("2026-11-21", "2026-11-22")});
  m.task("clock", [](const json&) {}, {arg("v").time()});
  m.task("share", [](const json&) {}, {arg("v").number().minimum(0).maximum(1)});
  m.task("digit", [](const json&) {}, {arg("v").integer().minimum(0).maximum(9)});
  m.task("json_integer", [](const json&) {}, {arg("v").integer()});
}

class SqlInterface : public PostgresTest {
 protected:
  void SetUp() override {
    PostgresTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    std::vector<std::string> problems;
    const ModuleDefinition modules[] = {c};
    registry_ = Registry::build(modules, problems);
    ASSERT_THAT(problems, IsEmpty());
    std::vector<TaskRecord> records;
    for (const auto& [name, task] : registry_->tasks()) {
      records.push_back({.name = name, .specification = specification(task).dump()});
    }
    store().register_tasks(records);
  }

  static std::string quoted(const std::string& text) {
    std::string result = "'";
    for (const char one : text) result += one == '\'' ? "''" : std::string{one};
    return result + "'";
  }
  /// Returns the job's number.
  JobId enqueue(const std::string& task, const std::string& args = "{}",
                const std::string& options = "{}") {
    return JobId{std::stoll(run(fmt::format("select stint.enqueue({}, {}, {})", quoted(task),
                                            quoted(args), quoted(options)))
                                .at(0))};
  }
  /// The message and all that goes with it.
  std::string refusal(const std::string& statement) {
    try {
      run(statement);
    } catch (const std::exception& error) {
      return error.what();
    }
    return "nothing was refused";
  }
  JobRecord job(JobId id) { return store().find_job(id).value(); }

  std::shared_ptr<const Registry> registry_;
};

// --- One corpus for both ways in ----------------------------------------------------------------

EnqueueOptions options_of(const json& given) {
  EnqueueOptions options;
  for (const auto& [name, value] : given.items()) {
    if (name == "priority") options.priority = value.get<int>();
    if (name == "domain") options.domain = value.get<std::string>();
    if (name == "node") options.node = value.get<std::string>();
    if (name == "max_attempts") options.max_attempts = value.get<int>();
    if (name == "timeout") options.timeout = value.get<std::chrono::milliseconds>();
    if (name == "delay") options.delay = value.get<std::chrono::milliseconds>();
    if (name == "run_at") options.run_at = value.get<std::chrono::system_clock::time_point>();
    if (name == "metadata") options.metadata = value;
    if (name == "tags") options.tags = value.get<std::vector<std::string>>();
    if (name == "idempotency_key") options.idempotency_key = value.get<std::string>();
  }
  return options;
}

json parsed(const std::string& text) { return text.empty() ? json{} : json::parse(text); }

/// The arguments as the session takes them: it puts the test's schema in the place of a name.
std::string argument_text(const json& args) {
  std::string text = args.dump(-1, ' ', true);
  if (const auto at = text.find("$stint"); at != std::string::npos) {
    text.replace(at, 2, "$\\u0073");
  }
  return text;
}

TEST_F(SqlInterface, TakesAndRefusesWhatTheLibraryDoes) {
  std::ifstream file{STINT_SOURCE_DIR "/tests/corpus/enqueue.json"};
  const json corpus = json::parse(file);
  ASSERT_GT(corpus.size(), 80U);
  for (const json& one : corpus) {
    SCOPED_TRACE(one.dump(-1, ' ', true));
    const std::string task = one.at("task");
    const json args = one.value("args", json::object());
    const json options = one.value("options", json::object());
    const bool is_good = !one.contains("refused");

    std::optional<NewJob> planned;
    std::string library_says;
    try {
      const auto* declared = registry_->find_task(task);
      planned = plan_job(task, declared, args, options_of(options), {});
    } catch (const Error& error) {
      library_says = error.what();
    }
    EXPECT_EQ(planned.has_value(), is_good) << library_says;

    if (!is_good) {
      const std::string said =
          refusal(fmt::format("select stint.enqueue({}, {}, {})", quoted(task),
                              quoted(argument_text(args)), quoted(argument_text(options))));
      EXPECT_THAT(said, AllOf(StartsWith("ERROR"), HasSubstr(one["refused"].get<std::string>())));
      EXPECT_THAT(library_says, HasSubstr(one["refused"].get<std::string>()));
      continue;
    }
    const JobRecord stored = job(enqueue(task, argument_text(args), argument_text(options)));
    ASSERT_TRUE(planned);
    EXPECT_EQ(json::parse(stored.args), json::parse(planned->args));
    EXPECT_EQ(stored.domain, planned->domain);
    EXPECT_EQ(stored.node, planned->node);
    EXPECT_EQ(stored.priority, planned->priority);
    EXPECT_EQ(stored.max_attempts, planned->max_attempts);
    EXPECT_EQ(stored.timeout, planned->timeout);
    EXPECT_EQ(stored.tags, planned->tags);
    EXPECT_EQ(parsed(stored.metadata), parsed(planned->metadata));
    EXPECT_EQ(stored.idempotency_key, planned->idempotency_key);
    if (planned->run_at) {
      EXPECT_EQ(stored.run_at, *planned->run_at);
    } else {
      EXPECT_EQ(stored.run_at - stored.created_at, planned->delay);
    }
    EXPECT_EQ(store().load_attachments(stored.id, Store::Attachments::kArguments),
              planned->attachments);
  }
}

// --- Date math ----------------------------------------------------------------------------------

/// The server has an implementation, and tz data, of its own.
TEST_F(SqlInterface, EvaluatesDateMathAsTheLibraryDoes) {
  std::mt19937_64 random{20'261'121};
  const auto pick = [&](auto... choices) {
    const std::array<std::string, sizeof...(choices)> all{choices...};
    return all.at(random() % all.size());
  };
  constexpr int kCases = 2000;
  std::string rows;
  std::string expected;
  for (int i = 0; i < kCases; ++i) {
    const std::string zone = pick("UTC", "Europe/Berlin", "America/New_York", "America/Havana",
                                  "Australia/Lord_Howe", "Pacific/Apia", "Asia/Kolkata");
    // Half of them within a day of a change of the clocks.
    const std::int64_t second = random() % 2 == 0
                                    ? 1'774'745'000 + static_cast<std::int64_t>(random() % 172'800)
                                    : static_cast<std::int64_t>(random() % 4'000'000'000);
    const DateMoment base{std::chrono::seconds{second}};
    std::string text = pick("now", "now", "today", "yesterday", "tomorrow", "2026-03-29T02:30||",
                            "2026-10-25T02:30||", "2024-02-29||", "2011-12-30T12:00Z||");
    for (std::uint64_t steps = random() % 4; steps > 0; --steps) {
      text += pick("+", "-", "/");
      if (text.back() != '/') text += std::to_string(random() % 40);
      text += pick("y", "M", "w", "d", "h", "H", "m", "s");
    }
    const auto moment = evaluate(*parse_date_math(text).expression, base, *TimeZone::find(zone));
    expected += fmt::format("{} {} {} = {}\n", text, second, zone,
                            moment ? std::to_string(moment->time_since_epoch().count() / 1'000'000)
                                   : std::string{"none"});
    rows += fmt::format("{}('{}', {}, '{}')", i == 0 ? "" : ", ", text, second, zone);
  }
  const std::vector<std::string> said =
      run("select string_agg(format('%s %s %s = %s', e, b, z, coalesce(extract(epoch from "
          "stint.date_math(e, to_timestamp(b), z))::bigint::text, 'none')), e'\\n') || e'\\n' from "
          "(values " +
          rows + ") as v (e, b, z)");
  EXPECT_EQ(said.at(0), expected);
}

// --- enqueue ------------------------------------------------------------------------------------

TEST_F(SqlInterface, EnqueuesInsideTheCallersTransaction) {
  run("create table stint.orders (id int)");
  run("begin; insert into stint.orders values (1)");
  enqueue("c.nothing");
  run("rollback");
  EXPECT_THAT(store().list_jobs({}), IsEmpty());
  run("begin; insert into stint.orders values (1)");
  const JobId id = enqueue("c.nothing");
  EXPECT_THAT(store().list_jobs({}), IsEmpty()) << "before the commit nobody sees it";
  run("commit");
  EXPECT_EQ(job(id).state, JobState::kQueued);
  run("drop table stint.orders");
}

TEST_F(SqlInterface, CallsAsJobMasterDoes) {
  const auto rows = run("call stint.insert_job('c', 'integer', 10, '{\"v\": 3}'::json)");
  const JobRecord made = job(JobId{std::stoll(rows.at(0))});
  EXPECT_EQ(made.task, "c.integer");
  EXPECT_EQ(made.priority, 10);
  EXPECT_EQ(json::parse(made.args), (json{{"v", 3}}));
  EXPECT_THAT(refusal("call stint.insert_job('c', 'integer', 10, '{\"v\": \"x\"}'::json)"),
              HasSubstr("argument \"v\": must be an integer"));
}

TEST_F(SqlInterface, RefusesTasksThatNobodyHas) {
  EXPECT_THAT(refusal("select stint.enqueue('c.nothingg')"),
              AllOf(HasSubstr("there is no task \"c.nothingg\""), HasSubstr("task register")));
  const JobId id = enqueue("later.task", R"({"x": 1})", R"({"unregistered": true})");
  EXPECT_EQ(job(id).task, "later.task");
  EXPECT_THAT(refusal("select stint.enqueue('c.nothing', '{}', '{\"priorty\": 1}')"),
              AllOf(HasSubstr("there is no option \"priorty\""), HasSubstr("max_attempts")));
}

TEST_F(SqlInterface, TellsTheStateAndTheArgumentOfARefusal) {
  run("create function stint.refused() returns text language plpgsql as $$"
      " declare state text; named text; begin"
      "  perform stint.enqueue('c.integer', '{\"v\": 1.5}');"
      "  return 'taken';"
      " exception when others then"
      "  get stacked diagnostics state = returned_sqlstate, named = column_name;"
      "  return state || ' ' || named;"
      " end $$");
  EXPECT_THAT(run("select stint.refused()"), ElementsAre("22023 v"));
  run("drop function stint.refused()");
}

TEST_F(SqlInterface, ReturnsTheJobThatHasTheKeyAlready) {
  const JobId first = enqueue("c.nothing", "{}", R"({"idempotency_key": "k"})");
  EXPECT_EQ(enqueue("c.nothing", "{}", R"({"idempotency_key": "k"})"), first);
  EXPECT_EQ(store().list_jobs({}).size(), 1U);
  EXPECT_THAT(refusal("select stint.enqueue('c.nothing', '{}', "
                      "'{\"idempotency_key\": \"stint:child:1:1\"}')"),
              HasSubstr("reserved"));
}

TEST_F(SqlInterface, KeepsTheRulesOfTheTask) {
  const JobId id = enqueue("c.once");
  EXPECT_EQ(run(fmt::format("select flags from stint.live where id = {}", id.value)).at(0), "1");
}

TEST_F(SqlInterface, WakesSleepingWorkersAtTheCommit) {
  const std::vector<std::string> domains{"default"};
  const auto wake_up = store().make_wake_up(domains);
  // The first wait begins to listen; it ends at once or by time.
  wake_up->wait_for(100ms);
  std::atomic<bool> is_awake{false};
  std::thread sleeper{[&] {
    for (int i = 0; i < 100 && !is_awake; ++i) {
      const auto begun = std::chrono::steady_clock::now();
      wake_up->wait_for(10s);
      if (std::chrono::steady_clock::now() - begun < 9s) is_awake = true;
    }
  }};
  EXPECT_TRUE(eventually([&] {
    enqueue("c.nothing");
    return is_awake.load();
  }));
  sleeper.join();
}

// --- The other functions, and views -------------------------------------------------------------

TEST_F(SqlInterface, TellsStates) {
  const JobId queued = enqueue("c.nothing");
  const JobId scheduled = enqueue("c.nothing", "{}", R"({"delay": "1h"})");
  const auto state = [&](JobId id) {
    return run(fmt::format("select stint.job_state({})", id.value)).at(0);
  };
  EXPECT_EQ(state(queued), "queued");
  EXPECT_EQ(state(scheduled), "scheduled");
  EXPECT_EQ(state(JobId{999'999}), "");
  EXPECT_THAT(run("select id, task, state from stint.jobs order by id"),
              ElementsAre(fmt::format("{}|c.nothing|queued", queued.value),
                          fmt::format("{}|c.nothing|scheduled", scheduled.value)));
  EXPECT_EQ(run("select count(*) from stint.tasks").at(0),
            std::to_string(registry_->tasks().size()));
  new_worker(store());
  EXPECT_EQ(run("select state from stint.workers").at(0), "alive");
  EXPECT_EQ(run("select stint.sql_interface_version()").at(0), "3");
}

TEST_F(SqlInterface, AbortsAndTriesAgain) {
  const JobId id = enqueue("c.nothing");
  const std::string number = std::to_string(id.value);
  EXPECT_EQ(run("select stint.abort_job(" + number + ", 'not needed')").at(0), "aborted");
  EXPECT_THAT(job(id).error, HasSubstr("not needed (by "));
  EXPECT_EQ(run("select stint.retry_job(" + number + ")").at(0), "queued");
  EXPECT_EQ(job(id).state, JobState::kQueued);
  EXPECT_EQ(run("select stint.abort_job(999999)").at(0), "");
  EXPECT_EQ(run("select stint.retry_job(999999)").at(0), "");
}

TEST_F(SqlInterface, RetriesWithAHigherEpochAndAllAttempts) {
  const JobId id = enqueue("c.nothing");
  const WorkerId worker = new_worker(store());
  ClaimRequest claim = claim_of(worker);
  claim.tasks = {"c.nothing"};
  const auto first = store().exchange({}, &claim).claimed;
  ASSERT_EQ(first.size(), 1U);
  const Completion failed{.id = id,
                          .epoch = first[0].epoch,
                          .outcome = Outcome::kRejected,
                          .cause = "rejected",
                          .error = R"({"type":"x","message":"bad"})"};
  store().exchange(std::vector{failed}, nullptr);
  EXPECT_EQ(job(id).state, JobState::kFailed);
  EXPECT_EQ(run(fmt::format("select stint.retry_job({})", id.value)).at(0), "queued");
  const auto second = store().exchange({}, &claim).claimed;
  ASSERT_EQ(second.size(), 1U);
  EXPECT_GT(second[0].epoch, first[0].epoch);
  EXPECT_EQ(second[0].failures, 0);
  EXPECT_EQ(second[0].attempts, 1);
  EXPECT_EQ(run(fmt::format("select stint.retry_job({})", id.value)).at(0), "running");
  EXPECT_EQ(run(fmt::format("select stint.abort_job({})", id.value)).at(0), "aborting");
  EXPECT_EQ(store().job_requests(worker).aborts.size(), 1U);
}

TEST_F(SqlInterface, AbortsWhatIsGivenBackMeanwhile) {
  const JobId id = enqueue("c.nothing");
  ClaimRequest claim = claim_of(new_worker(store()));
  claim.tasks = {"c.nothing"};
  ASSERT_EQ(store().exchange({}, &claim).claimed.size(), 1U);
  const postgres::ConnectionPointer other =
      postgres::connect(postgres::parse_connect_options(url()));
  // As a completion that queues the job again, and has not committed yet.
  run(fmt::format("begin; update stint.live set state = 1, worker = null where id = {}", id.value));
  const std::string abort = fmt::format("select \"{}\".abort_job({})", schema(), id.value);
  ASSERT_EQ(PQsendQuery(other.get(), abort.c_str()), 1);
  EXPECT_TRUE(eventually([&] {
    return run(fmt::format("select count(*) from pg_locks where not granted and pid = {}",
                           PQbackendPID(other.get())))
               .at(0) != "0";
  }));
  run("commit");
  const postgres::ResultPointer result{PQgetResult(other.get())};
  EXPECT_STREQ(PQgetvalue(result.get(), 0, 0), "aborted");
  EXPECT_EQ(job(id).state, JobState::kAborted);
}

TEST_F(SqlInterface, KeepsOthersFromWaitingForAnOpenTransaction) {
  run("begin");
  enqueue("c.nothing");
  const auto made = store().enqueue(std::vector<NewJob>{{.task = "t.run"}});
  EXPECT_EQ(made.size(), 1U);
  run("rollback");
}

TEST_F(SqlInterface, ExplainsWhyAJobDoesNotRun) {
  const auto why = [&](JobId id) {
    return run(fmt::format("select stint.explain_job({})", id.value)).at(0);
  };
  const JobId alone = enqueue("c.nothing");
  EXPECT_THAT(why(alone), AllOf(HasSubstr("queued: 0 jobs of its domain are before it"),
                                HasSubstr("no live worker serves the domain \"default\"")));
  EXPECT_THAT(why(enqueue("c.nothing")), HasSubstr("queued: 1 jobs"));
  EXPECT_THAT(why(enqueue("c.nothing", "{}", R"({"delay": 60})")), StartsWith("scheduled: due at"));
  EXPECT_THAT(why(enqueue("c.nothing", "{}", R"({"node": "moon"})")),
              HasSubstr("no live worker on the node \"moon\""));
  EXPECT_THAT(why(enqueue("no.task", "{}", R"({"unregistered": true})")),
              HasSubstr("no program has registered the task \"no.task\""));
  run(fmt::format("select stint.abort_job({}, 'enough')", alone.value));
  EXPECT_THAT(why(alone), AllOf(StartsWith("aborted at"), HasSubstr("enough")));
  EXPECT_EQ(why(JobId{999'999}), "");
}

// --- Hostile texts, and what reads them later ---------------------------------------------------

TEST_F(SqlInterface, TakesHostileTextsAsTheyAreOrRefusesThemByName) {
  const JobId witness = enqueue("c.string", R"({"v": "me"})");
  std::size_t taken = 1;
  const auto refused = [&](const std::string& task, const json& args, const json& options) {
    const std::string said = refusal(fmt::format("select stint.enqueue({}, {}, {})", quoted(task),
                                                 quoted(args.dump()), quoted(options.dump())));
    if (said == "nothing was refused") ++taken;
    return said;
  };
  for (const std::string& text : hostile_utf8()) {
    SCOPED_TRACE(shown_text(text));
    if (text.find("stint") != std::string::npos) continue;  // `run` names the schema in its place
    const JobId id =
        enqueue("c.string", json{{"v", text}}.dump(), json{{"metadata", {{"m", text}}}}.dump());
    ++taken;
    EXPECT_EQ(json::parse(job(id).args).at("v").get<std::string>(), text);
    EXPECT_EQ(json::parse(job(id).metadata).at("m").get<std::string>(), text);
    const auto is_told = [&](const std::string& name) {
      return ::testing::AnyOf("nothing was refused", AllOf(StartsWith("ERROR"), HasSubstr(name)));
    };
    EXPECT_THAT(refused(text, json::object(), {{"unregistered", true}}), is_told("no name of a"));
    EXPECT_THAT(refused("c.string", {{text, 1}}, json::object()), is_told("there is no argument"));
    EXPECT_THAT(refused("c.integer", {{"v", text}}, json::object()), is_told("argument \"v\""));
    EXPECT_THAT(refused("c.nothing", json::object(), {{text, 1}}), is_told("there is no option"));
    EXPECT_THAT(refused("c.nothing", json::object(), {{"domain", text}}), is_told("domain"));
    EXPECT_THAT(refused("c.nothing", json::object(), {{"node", text}}), is_told("node"));
    EXPECT_THAT(refused("c.nothing", json::object(), {{"tags", {text}}}), is_told("tags"));
    EXPECT_THAT(refused("c.nothing", json::object(), {{"delay", text}}), is_told("delay"));
    EXPECT_THAT(refused("c.nothing", json::object(), {{"idempotency_key", text}}),
                is_told("idempotency_key"));
  }
  EXPECT_EQ(run("select count(*) from stint.jobs").at(0), std::to_string(taken));
  EXPECT_EQ(job(witness).state, JobState::kQueued);
  EXPECT_THAT(run("select count(stint.explain_job(id)) from stint.jobs"),
              ElementsAre(std::to_string(taken)));
}

TEST_F(SqlInterface, ReadsHostileTextsOfFailuresAndAbortsAgain) {
  ClaimRequest claim = claim_of(new_worker(store()));
  claim.tasks = {"c.nothing"};
  std::size_t jobs = 0;
  for (const std::string& text : hostile_texts()) {
    SCOPED_TRACE(shown_text(text));
    const JobId id = enqueue("c.nothing");
    const std::string number = std::to_string(id.value);
    ++jobs;
    const auto claimed = store().exchange({}, &claim).claimed;
    ASSERT_EQ(claimed.size(), 1U);
    const Completion failed{.id = id,
                            .epoch = claimed[0].epoch,
                            .outcome = Outcome::kRejected,
                            .cause = text,
                            .error = R"({"type":"x","message":)" + raw_json_string(text) + "}"};
    store().exchange(std::vector{failed}, nullptr);
    const auto told = [&](const std::string& expression) {
      return json::parse(run(fmt::format("select to_json({}) from stint.jobs where id = {}",
                                         expression, number))
                             .at(0))
          .get<std::string>();
    };
    const std::string clean = sanitize_text(text);
    EXPECT_EQ(told("error ->> 'message'"), clean);
    EXPECT_THAT(told("stint.explain_job(id)"), HasSubstr(clean));
    ASSERT_EQ(told("stint.retry_job(id)"), "queued");
    if (text == clean && text.find("stint") == std::string::npos) {
      EXPECT_EQ(told("stint.abort_job(id, " + quoted(text) + ")"), "aborted");
      EXPECT_THAT(told("error ->> 'message'"), StartsWith(text + " (by "));
      EXPECT_THAT(told("stint.explain_job(id)"), HasSubstr(text));
    } else {
      EXPECT_EQ(told("stint.abort_job(id)"), "aborted");
    }
  }
  EXPECT_EQ(run("select count(*) from stint.jobs where state = 'aborted'").at(0),
            std::to_string(jobs));
  EXPECT_EQ(store().purge_jobs({.older_than = std::chrono::milliseconds{0}}),
            static_cast<int>(jobs));
}

// --- [defaults] of the settings -----------------------------------------------------------------

TEST_F(SqlInterface, HasTheDefaultsOfWhoeverRegisteredTheTask) {
  store().register_tasks(
      task_records(*registry_, {.max_attempts = 3, .timeout = 9s, .limits = {}}));
  const JobRecord plain = job(enqueue("c.nothing"));
  EXPECT_EQ(plain.max_attempts, 3);
  EXPECT_EQ(plain.timeout, 9s);
  const JobRecord stated = job(enqueue("c.nothing", "{}", R"({"max_attempts":2,"timeout":"1s"})"));
  EXPECT_EQ(stated.max_attempts, 2);
  EXPECT_EQ(stated.timeout, 1s);
  const JobRecord own = job(enqueue("c.options"));
  EXPECT_EQ(own.max_attempts, 4) << "the task says so";
  EXPECT_EQ(own.timeout, 30s);
}

}  // namespace
}  // namespace stint::test
