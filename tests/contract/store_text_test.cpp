// Hostile texts through every text that a store takes: each is given back byte for byte, or refused
// with the name of its field, or, where a failure is reported, stored with its bad bytes replaced.
// Nothing else in the store may be touched, and no text may come back as an error of the database.
#include <functional>
#include <optional>
#include <string>
#include <nlohmann/json.hpp>
#include "base/utf8.hpp"
#include "core/enqueue_plan.hpp"
#include "stint/error.hpp"
#include "support/hostile_texts.hpp"
#include "support/quick_commits.hpp"
#include "support/store_contract.hpp"

namespace stint::test {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// What a text is put into, as a caller of the library does.
struct EnqueueField {
  std::string name;  ///< how a refusal names it
  std::function<NewJob(const std::string&)> plan;
  std::function<std::string(const JobRecord&)> stored;
};

NewJob planned(const json& args, const EnqueueOptions& options = {},
               const std::string& task = "t.run") {
  return plan_job(task, nullptr, args, options,
                  EnqueueDefaults{.limits = {.json_bytes = std::int64_t{4} << 20}});
}

const std::vector<EnqueueField>& enqueue_fields() {
  static const std::vector<EnqueueField> kFields{
      {"name of a task", [](const std::string& text) { return planned({}, {}, text); },
       [](const JobRecord& job) { return job.task; }},
      {"domain", [](const std::string& text) { return planned({}, {.domain = text}); },
       [](const JobRecord& job) { return job.domain; }},
      {"node", [](const std::string& text) { return planned({}, {.node = text}); },
       [](const JobRecord& job) { return job.node; }},
      {"arguments", [](const std::string& text) { return planned({{"v", text}}); },
       [](const JobRecord& job) { return json::parse(job.args).at("v").get<std::string>(); }},
      {"arguments", [](const std::string& text) { return planned({{text, 1}}, {.tags = {"x"}}); },
       [](const JobRecord& job) { return json::parse(job.args).begin().key(); }},
      {"metadata",
       [](const std::string& text) { return planned({}, {.metadata = json{{"v", text}}}); },
       [](const JobRecord& job) { return json::parse(job.metadata).at("v").get<std::string>(); }},
      {"metadata",
       [](const std::string& text) { return planned({}, {.metadata = json{{text, "v"}}}); },
       [](const JobRecord& job) { return json::parse(job.metadata).begin().key(); }},
      {"tag",
       [](const std::string& text) { return planned({}, {.tags = {"first", text, "NULL"}}); },
       [](const JobRecord& job) { return job.tags.at(1); }},
      {"idempotency_key",
       [](const std::string& text) { return planned({}, {.idempotency_key = text}); },
       [](const JobRecord& job) { return job.idempotency_key; }},
  };
  return kFields;
}

class StoreText : public StoreContract {
 protected:
  void SetUp() override {
    let_commits_be_quick();
    StoreContract::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    witness_ = put({.task = "t.witness",
                    .args = R"({"who":"me"})",
                    .domain = "witness",
                    .priority = 7,
                    .tags = {"witness"},
                    .idempotency_key = "witness"});
    jobs_ = 1;
  }

  void TearDown() override {
    if (!IsSkipped() && !HasFatalFailure()) expect_unharmed();
    StoreContract::TearDown();
  }

  /// All tables are there, nobody else's job was touched, and there are as many as there should be.
  void expect_unharmed() {
    const JobRecord job = find(witness_);
    EXPECT_EQ(job.state, JobState::kQueued);
    EXPECT_TRUE(same_json(job.args, R"({"who":"me"})"));
    EXPECT_THAT(job.tags, ElementsAre("witness"));
    EXPECT_EQ(job.epoch, Epoch{0});
    const auto schema = place().open_schema();
    EXPECT_EQ(schema->version(), schema->newest_version());
    std::int64_t counted = 0;
    for (const StoreStatus::Count& count : store().status().counts) counted += count.jobs;
    EXPECT_EQ(counted, jobs_);
    EXPECT_EQ(std::ssize(store().list_jobs({.limit = 10'000})), jobs_);
  }

  /// Nothing: it was refused, rightly, with the field's name.
  std::optional<NewJob> planned_by(const EnqueueField& field, const std::string& text) {
    try {
      return field.plan(text);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kInvalid) << error.what();
      EXPECT_THAT(error.what(), HasSubstr(field.name));
      EXPECT_TRUE(is_valid_utf8(error.what()));
      return std::nullopt;
    }
  }

  ClaimedJob running_job() {
    ++jobs_;
    return put_and_claim({.task = "t.run", .max_attempts = 1000});
  }

  JobId witness_;
  std::int64_t jobs_ = 0;
};
STINT_ON_EVERY_STORE_IN_PROCESS(StoreText);

TEST_P(StoreText, IsGivenBackByAnEnqueueOrRefusedByName) {
  for (const EnqueueField& field : enqueue_fields()) {
    int taken = 0;
    for (const std::string& text : hostile_texts()) {
      SCOPED_TRACE(field.name + ": " + shown_text(text));
      std::optional<NewJob> job = planned_by(field, text);
      if (!job) continue;
      ASSERT_TRUE(is_valid_utf8(text) && !has_nul(text));
      const Enqueued enqueued = store().enqueue({&*job, 1}).at(0);
      ASSERT_TRUE(enqueued.inserted);
      ++jobs_;
      ++taken;
      EXPECT_EQ(field.stored(find(enqueued.id)), text);
    }
    // Of names only those of a form are taken; of the others nearly all are.
    const bool is_name =
        field.name == "name of a task" || field.name == "domain" || field.name == "node";
    EXPECT_GE(taken, is_name ? 1 : 40) << field.name;
    expect_unharmed();
  }
}

TEST_P(StoreText, IsHandedToTheWorkerAsItWas) {
  for (const std::string& text : hostile_utf8()) {
    SCOPED_TRACE(shown_text(text));
    NewJob plain = planned({{"v", text}});
    NewJob full = planned({{"v", text}}, {.metadata = json{{"m", text}}, .tags = {"x"}});
    store().enqueue({&plain, 1});
    store().enqueue({&full, 1});
    jobs_ += 2;
    const std::vector<ClaimedJob> claimed = claim();
    ASSERT_EQ(claimed.size(), 2U);
    for (const ClaimedJob& job : claimed) {
      EXPECT_EQ(json::parse(job.args).at("v").get<std::string>(), text);
      ASSERT_EQ(complete(job), WriteResult::kAccepted);
    }
    EXPECT_EQ(json::parse(claimed[1].metadata).at("m").get<std::string>(), text);
  }
}

TEST_P(StoreText, FindsTheJobByItsTagAndKeyAndNoOther) {
  for (const std::string& text : hostile_utf8()) {
    SCOPED_TRACE(shown_text(text));
    const EnqueueOptions options{.tags = {text}, .idempotency_key = text};
    std::optional<NewJob> job;
    try {
      job = planned({}, options);
    } catch (const Error&) {
      continue;  // the first test says which are taken
    }
    const JobId id = put(*job);
    ++jobs_;
    EXPECT_EQ(put(*job), id);
    EXPECT_THAT(ids_of(store().list_jobs({.tag = text})), ElementsAre(id));
    job->idempotency_key += "x";
    EXPECT_NE(put(*job), id);
    ++jobs_;
  }
}

TEST_P(StoreText, IsAFilterThatFitsNothingOrIsRefusedByName) {
  for (const std::string& text : hostile_texts()) {
    SCOPED_TRACE(shown_text(text));
    const bool is_text = is_valid_utf8(text) && !has_nul(text);
    const auto expect = [&](const std::string& name, const std::function<std::size_t()>& found) {
      try {
        EXPECT_EQ(found(), 0U) << name;
        EXPECT_TRUE(is_text) << name << " was not refused";
      } catch (const Error& error) {
        EXPECT_FALSE(is_text) << error.what();
        EXPECT_EQ(error.code(), ErrorCode::kInvalid) << error.what();
        EXPECT_THAT(error.what(), HasSubstr("filter " + name));
      }
    };
    expect("task", [&] { return store().list_jobs({.task = text}).size(); });
    expect("domain", [&] { return store().list_jobs({.domain = text}).size(); });
    expect("tag", [&] { return store().list_jobs({.tag = text}).size(); });
    expect("task",
           [&] { return store().list_jobs({.states = {JobState::kQueued}, .task = text}).size(); });
    expect("tag",
           [&] { return store().list_jobs({.states = {JobState::kFailed}, .tag = text}).size(); });
    expect("domain", [&] {
      return static_cast<std::size_t>(
          store().purge_jobs({.older_than = milliseconds{0}, .domain = text, .queued = true}));
    });
  }
}

TEST_P(StoreText, OfAFailureIsAlwaysStored) {
  for (const std::string& text : hostile_texts()) {
    SCOPED_TRACE(shown_text(text));
    const std::string clean = sanitize_text(text);
    const std::string error = R"({"type":"x","message":)" + raw_json_string(text) + "}";
    for (const Outcome outcome :
         {Outcome::kFailed, Outcome::kRejected, Outcome::kCrashed, Outcome::kAborted}) {
      const ClaimedJob job = running_job();
      ASSERT_EQ(complete(Completion{.id = job.id,
                                    .epoch = job.epoch,
                                    .outcome = outcome,
                                    .delay = hours{1000},
                                    .cause = text,
                                    .error = error}),
                WriteResult::kAccepted);
      const JobRecord record = find(job.id);
      EXPECT_EQ(message_of(record.error), clean);
      if (outcome == Outcome::kAborted) continue;
      const std::vector<AttemptRecord> attempts = store().list_attempts(job.id);
      ASSERT_EQ(attempts.size(), 1U);
      EXPECT_EQ(message_of(attempts[0].error), clean);
      if (outcome == Outcome::kCrashed) continue;  // its cause is the store's
      EXPECT_EQ(record.cause, clean);
      EXPECT_EQ(attempts[0].cause, clean);
    }
  }
}

TEST_P(StoreText, OfAFailureMayBeWrittenInEscapes) {
  for (const std::string escape :
       {"\\u0000", "\\ud800", "\\udfff", "\\udfff\\ud800", "a\\u0000b"}) {
    const ClaimedJob job = running_job();
    ASSERT_EQ(complete(Completion{.id = job.id,
                                  .epoch = job.epoch,
                                  .outcome = Outcome::kRejected,
                                  .cause = "rejected",
                                  .error = R"({"type":"x","message":")" + escape + "\"}"}),
              WriteResult::kAccepted);
    EXPECT_THAT(message_of(find(job.id).error), HasSubstr("\uFFFD"));
  }
}

TEST_P(StoreText, OfAnOutputIsGivenBack) {
  for (const std::string& text : hostile_utf8()) {
    SCOPED_TRACE(shown_text(text));
    const ClaimedJob job = running_job();
    const std::string output = json{{"v", text}, {text, 1}}.dump();
    ASSERT_EQ(complete(Completion{.id = job.id, .epoch = job.epoch, .output = output}),
              WriteResult::kAccepted);
    EXPECT_EQ(json::parse(find(job.id).output), json::parse(output));
  }
}

TEST_P(StoreText, OfARunningJobIsAlwaysStored) {
  for (const std::string& text : hostile_texts()) {
    SCOPED_TRACE(shown_text(text));
    const std::string clean = sanitize_text(text);
    const ClaimedJob job = running_job();
    const Activity activity{
        .id = job.id, .epoch = job.epoch, .progress = 0.5, .progress_message = text};
    EXPECT_THAT(store().report({&activity, 1}), ElementsAre(WriteResult::kAccepted));
    EXPECT_EQ(find(job.id).progress_message, clean);
    const NewLogLine line{.job = job.id, .epoch = job.epoch, .at = now(), .text = text};
    store().append_log(std::vector{line, line});
    const std::vector<JobLogLine> lines = store().read_log(job.id, 1, 10);
    ASSERT_EQ(lines.size(), 2U);
    EXPECT_EQ(lines[0].text, clean);
    EXPECT_EQ(lines[1].text, clean);
    EXPECT_EQ(store().abort(job.id, text), JobState::kAborting);
    const JobRequests requests = store().job_requests(worker());
    ASSERT_EQ(requests.aborts.size(), 1U);
    EXPECT_EQ(requests.aborts[0].message, clean);
    ASSERT_EQ(complete(job, Outcome::kInterrupted), WriteResult::kAccepted);
    const JobRecord record = find(job.id);
    EXPECT_EQ(record.state, JobState::kAborted);
    EXPECT_EQ(message_of(record.error), clean);
  }
}

TEST_P(StoreText, OfAnAbortOfAWaitingJobIsAlwaysStored) {
  for (const std::string& text : hostile_texts()) {
    SCOPED_TRACE(shown_text(text));
    const JobId id = put();
    ++jobs_;
    EXPECT_EQ(store().abort(id, text), JobState::kAborted);
    EXPECT_EQ(message_of(find(id).error), sanitize_text(text));
  }
}

TEST_P(StoreText, OfAWorkerIsAlwaysStored) {
  for (const std::string& text : hostile_texts()) {
    SCOPED_TRACE(shown_text(text));
    const std::string clean = sanitize_text(text);
    const WorkerId id = store().register_worker({.node = text,
                                                 .host = text,
                                                 .pid = 1,
                                                 .boot_id = text,
                                                 .page = text,
                                                 .slots = 1,
                                                 .domains = text,
                                                 .version = text});
    bool is_listed = false;
    for (const WorkerRecord& one : store().list_workers(true)) {
      if (one.id != id) continue;
      is_listed = true;
      EXPECT_EQ(one.info.node, clean);
      EXPECT_EQ(one.info.host, clean);
      EXPECT_EQ(one.info.boot_id, clean);
      EXPECT_EQ(one.info.page, clean);
      EXPECT_EQ(one.info.domains, clean);
      EXPECT_EQ(one.info.version, clean);
    }
    EXPECT_TRUE(is_listed);
    // Its name goes into the error of what it held when it died.
    put();
    ++jobs_;
    const ClaimedJob job = claim_one(id);
    EXPECT_EQ(rescue(id, std::vector{started(job)}).crashed, 1);
    EXPECT_THAT(message_of(find(job.id).error), HasSubstr(clean));
  }
}

TEST_P(StoreText, OfATaskIsGivenBack) {
  for (const std::string& text : hostile_utf8()) {
    SCOPED_TRACE(shown_text(text));
    const TaskRecord task{.name = "t.hostile", .specification = json{{"doc", text}}.dump()};
    store().register_tasks({&task, 1});
    const std::vector<TaskRecord> tasks = store().list_tasks();
    ASSERT_EQ(tasks.size(), 1U);
    EXPECT_EQ(json::parse(tasks[0].specification).at("doc").get<std::string>(), text);
  }
}

TEST_P(StoreText, IsPurgedWithItsJob) {
  for (const std::string& text : hostile_utf8()) {
    try {
      put(planned({{"v", text}},
                  {.metadata = json{{"v", text}}, .tags = {text}, .idempotency_key = text}));
    } catch (const Error&) {
      put(planned({{"v", text}}));
    }
    const ClaimedJob job = claim_one();
    complete(Completion{.id = job.id,
                        .epoch = job.epoch,
                        .outcome = Outcome::kRejected,
                        .cause = text,
                        .error = json{{"message", text}}.dump()});
  }
  advance(hours{48});
  EXPECT_EQ(store().purge_jobs({}), std::ssize(hostile_utf8()));
  expect_unharmed();
}

}  // namespace
}  // namespace stint::test
