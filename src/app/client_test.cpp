#include "stint/client.hpp"
#include <atomic>
#include <string>
#include <thread>
#include <vector>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "app/client_impl.hpp"
#include "app/environment.hpp"
#include "stint/stint.hpp"
#include "support/temporary_folder.hpp"

namespace stint {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

struct Resize {
  std::string path;
  int width = 800;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Resize, path, width)
inline constexpr Task<Resize, int> resize{"images.resize"};

void declare_images(Module& m) {
  m.task(resize, [](const Resize& args) { return args.width; }, {arg("width").one_of(400, 800)},
         {.domain = "media", .retry = {.max_attempts = 5}});
}

Settings client_settings(const std::string& toml = "") {
  return load_settings(LoadOptions{.toml = toml, .use_environment = false});
}

// Clients of one store, and a hand in place of its workers.
class ClientTest : public ::testing::Test {
 protected:
  std::shared_ptr<Environment> environment(std::span<const ModuleDefinition> modules = {}) const {
    return std::make_shared<Environment>(client_settings(), modules,
                                         "sqlite:" + (folder_.path() / "jobs.db").string());
  }
  Client client(std::span<const ModuleDefinition> modules = {}) const {
    return Client{std::make_shared<detail::ClientImpl>(environment(modules))};
  }
  Client client_with_images() const {
    const ModuleDefinition modules[] = {{"images", declare_images}};
    return client(modules);
  }

  Store& store() { return store_->store(); }
  JobRecord find(JobId id) { return store().find_job(id).value(); }

  ClaimedJob claim(const std::string& task = "other.task", const std::string& domain = "default") {
    if (!worker_) {
      WorkerInfo info;
      info.node = "n1";
      worker_ = store().register_worker(info);
    }
    const ClaimRequest request{
        .worker = worker_, .node = "n1", .tasks = {task}, .domain = domain, .limit = 1};
    return store().exchange({}, &request).claimed.at(0);
  }
  void complete(Completion completion, const ClaimedJob& job) {
    completion.id = job.id;
    completion.epoch = job.epoch;
    ASSERT_EQ(store().exchange({&completion, 1}, nullptr).completed.at(0), WriteResult::kAccepted);
  }

  test::TemporaryFolder folder_;
  std::shared_ptr<Environment> store_ = environment();
  WorkerId worker_;
};

template <typename Call>
Error client_error(Call call) {
  try {
    call();
  } catch (const Error& error) {
    return error;
  }
  return Error{ErrorCode::kInternal, "nothing was thrown"};
}

TEST_F(ClientTest, EnqueuesTypedJobsWithTheTasksOptions) {
  Client client = client_with_images();
  const JobHandle<int> job = client.enqueue(resize, {.path = "a.png"}, {.priority = 5});
  EXPECT_TRUE(job.inserted());
  EXPECT_EQ(job.state(), JobState::kQueued);
  const JobRecord record = find(job.id());
  EXPECT_EQ(record.task, "images.resize");
  EXPECT_EQ(record.domain, "media");
  EXPECT_EQ(record.priority, 5);
  EXPECT_EQ(record.max_attempts, 5);
  EXPECT_EQ(json::parse(record.args), (json{{"path", "a.png"}, {"width", 800}}));
}

TEST_F(ClientTest, ReturnsTheOutput) {
  Client client = client_with_images();
  const JobHandle<int> job = client.enqueue(resize, {.path = "a.png"});
  complete({.id = {}, .epoch = {}, .output = "400"}, claim("images.resize", "media"));
  EXPECT_EQ(job.get(), 400);
  const auto nothing = client.enqueue("other.task");
  complete({}, claim());
  EXPECT_EQ(nothing.get(), nullptr);
  complete({.id = {},
            .epoch = {},
            .output = R"({"data": {"$stint.bytes": 0, "size": 2}})",
            .attachments = {"ab"}},
           (static_cast<void>(client.enqueue("other.task")), claim()));
  const JobHandle<> bytes = client.job(JobId{job.id().value + 2});
  EXPECT_EQ(bytes.get().at("data").get<Bytes>().view(), "ab");
}

TEST_F(ClientTest, ThrowsTheJobsOwnError) {
  Client client = this->client();
  const JobHandle<> job = client.enqueue("other.task");
  complete({.id = {},
            .epoch = {},
            .outcome = Outcome::kRejected,
            .cause = "rejected",
            .error = R"({"type": "stint::Reject", "message": "no path", "causes": []})"},
           claim());
  try {
    static_cast<void>(job.get());
    FAIL() << "nothing was thrown";
  } catch (const JobFailed& failed) {
    EXPECT_EQ(failed.id(), job.id());
    EXPECT_EQ(failed.state(), JobState::kFailed);
    EXPECT_EQ(failed.cause(), "rejected");
    EXPECT_EQ(std::string{failed.what()},
              "job " + std::to_string(job.id().value) + " (other.task) failed: no path");
  }
  EXPECT_EQ(job.error(), "no path");
}

TEST_F(ClientTest, WaitsUntilTheDeadlineOrTheEnd) {
  Client client = this->client();
  const JobHandle<> job = client.enqueue("other.task");
  EXPECT_EQ(job.wait_for(1ms), JobState::kQueued);
  const ClaimedJob claimed = claim();
  std::atomic<bool> returned = false;
  std::jthread waiter{[&] {
    EXPECT_EQ(job.wait_for(20s), JobState::kDone);
    returned = true;
  }};
  EXPECT_EQ(job.wait_for(1ms), JobState::kRunning);
  EXPECT_FALSE(returned);
  complete({}, claimed);
  waiter.join();
  EXPECT_TRUE(returned);
}

TEST_F(ClientTest, AbortsAndTellsWaiters) {
  Client client = this->client();
  const JobHandle<> job = client.enqueue("other.task", {}, {.delay = 1h});
  EXPECT_EQ(job.state(), JobState::kScheduled);
  EXPECT_TRUE(job.abort("not needed"));
  EXPECT_EQ(job.state(), JobState::kAborted);
  const Error error = client_error([&] { static_cast<void>(job.get()); });
  EXPECT_EQ(error.code(), ErrorCode::kFailed);
  EXPECT_THAT(error.what(), HasSubstr("was aborted: not needed"));
  const JobHandle<> done = client.enqueue("other.task");
  complete({}, claim());
  EXPECT_FALSE(done.abort());
}

TEST_F(ClientTest, RetriesWhatFailedOrWasAborted) {
  Client client = this->client();
  const JobHandle<> job = client.enqueue("other.task", {}, {.delay = 1h});
  EXPECT_FALSE(job.retry());
  EXPECT_EQ(job.state(), JobState::kScheduled);
  job.abort();
  EXPECT_TRUE(job.retry());
  EXPECT_EQ(job.state(), JobState::kQueued);
  complete({}, claim());
  EXPECT_FALSE(job.retry());
  EXPECT_EQ(job.state(), JobState::kDone);
  store().delete_jobs(std::vector<JobId>{job.id()});
  EXPECT_EQ(client_error([&] { static_cast<void>(job.retry()); }).code(), ErrorCode::kNotFound);
}

TEST_F(ClientTest, EnqueuesManyOrNone) {
  Client client = client_with_images();
  std::vector<Resize> good = {{.path = "a"}, {.path = "b", .width = 400}};
  const auto jobs = client.enqueue(resize, good);
  ASSERT_EQ(jobs.size(), 2U);
  EXPECT_LT(jobs[0].id(), jobs[1].id());
  good.push_back({.path = "c", .width = 5});
  const Error error = client_error([&] { static_cast<void>(client.enqueue(resize, good)); });
  EXPECT_EQ(error.code(), ErrorCode::kInvalid);
  EXPECT_THAT(error.what(), HasSubstr("job 3 of 3: task \"images.resize\": argument \"width\""));
  EXPECT_EQ(store().list_jobs({}).size(), 2U);
  EXPECT_TRUE(client.enqueue(resize, std::vector<Resize>{}).empty());
  const std::vector<json> untyped = {{{"n", 1}}, {{"n", 2}}};
  EXPECT_EQ(client.enqueue("other.task", untyped).size(), 2U);
}

TEST_F(ClientTest, FindsAJobByItsIdempotencyKey) {
  Client client = this->client();
  const JobHandle<> first = client.enqueue("other.task", {}, {.idempotency_key = "k"});
  const JobHandle<> second = client.enqueue("other.task", {}, {.idempotency_key = "k"});
  EXPECT_EQ(first.id(), second.id());
  EXPECT_FALSE(second.inserted());
  const std::vector<json> two(2, json::object());
  EXPECT_THAT(client_error([&] {
                static_cast<void>(client.enqueue("other.task", two, {.idempotency_key = "x"}));
              }).what(),
              HasSubstr("2 jobs cannot have one idempotency_key"));
  EXPECT_THAT(client_error([&] {
                static_cast<void>(client.enqueue("other.task", {}, {.idempotency_key = "stint:x"}));
              }).what(),
              HasSubstr("is reserved"));
}

TEST_F(ClientTest, RefusesUnknownTasksOfItsOwnModules) {
  Client client = client_with_images();
  const Error error = client_error([&] { static_cast<void>(client.enqueue("images.resise")); });
  EXPECT_EQ(error.code(), ErrorCode::kNotFound);
  EXPECT_THAT(error.what(), HasSubstr("did you mean \"images.resize\"?"));
  EXPECT_TRUE(client.enqueue("elsewhere.task").inserted());
}

TEST_F(ClientTest, LearnsOfTasksThatWorkersHaveRegistered) {
  Client client = this->client();
  const ModuleDefinition modules[] = {{"images", declare_images}};
  const auto worker = environment(modules);
  const TaskRecord record{
      .name = "images.resize",
      .specification = specification(*worker->registry().find_task("images.resize")).dump(),
      .registered_at = {}};
  worker->store().register_tasks({&record, 1});
  const JobHandle<> job = client.enqueue("images.resize", {{"path", "a"}});
  EXPECT_EQ(find(job.id()).domain, "media");
  const Error error =
      client_error([&] { static_cast<void>(client.enqueue("images.resize", {{"width", 5}})); });
  EXPECT_THAT(error.what(), HasSubstr("5 is none of 400, 800"));
}

TEST_F(ClientTest, RefersToJobsThatAreThere) {
  Client client = this->client();
  const JobHandle<> job = client.enqueue("other.task");
  EXPECT_EQ(client.job(job.id()).state(), JobState::kQueued);
  EXPECT_FALSE(client.job(job.id()).inserted());
  const Error error = client_error([&] { static_cast<void>(client.job(JobId{999'999})); });
  EXPECT_EQ(error.code(), ErrorCode::kNotFound);
  EXPECT_THAT(error.what(), HasSubstr("there is no job 999999"));
}

TEST_F(ClientTest, ReadsTheWholeLog) {
  Client client = this->client();
  const JobHandle<> job = client.enqueue("other.task");
  const ClaimedJob claimed = claim();
  std::vector<NewLogLine> lines;
  lines.reserve(2500);
  for (int i = 0; i < 2500; ++i) {
    lines.push_back({.job = job.id(), .epoch = claimed.epoch, .at = {}, .text = std::to_string(i)});
  }
  store().append_log(lines);
  ASSERT_EQ(job.logs().size(), 2500U);
  EXPECT_EQ(job.logs(2500).at(0).text, "2499");
  EXPECT_TRUE(job.logs(2501).empty());
}

}  // namespace
}  // namespace stint
