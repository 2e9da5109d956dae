#include "runtime/failed_hooks.hpp"
#include <exception>
#include <utility>
#include "base/log.hpp"
#include "stint/client.hpp"
#include "stint/error.hpp"

namespace stint {
namespace {

class FailureInvocation final : public detail::Invocation {
 public:
  FailureInvocation(const RunEnvironment& environment, Contexts& contexts)
      : environment_(environment), contexts_(contexts) {}

  Job& job() override {
    throw Error{ErrorCode::kInternal, "there is no job where its failure is told of"};
  }
  const json& args() override {
    static const json kNone = json::object();
    return kNone;
  }
  const Settings& settings() override { return environment_.settings; }
  Client& client() override {
    if (!client_) client_.emplace(environment_.make_client());
    return *client_;
  }
  void* context(std::type_index type) override { return contexts_.get(type); }

 private:
  const RunEnvironment& environment_;
  Contexts& contexts_;
  std::optional<Client> client_;
};

json parsed(const std::string& text, json otherwise) {
  if (text.empty()) return otherwise;
  json value = json::parse(text, nullptr, false);
  return value.is_discarded() ? std::move(otherwise) : value;
}

}  // namespace

bool is_failure(Outcome outcome) {
  return outcome == Outcome::kFailed || outcome == Outcome::kRejected ||
         outcome == Outcome::kCrashed;
}

FailedAttempt describe_failure(const ClaimedJob& job, const Completion& end, JobState now) {
  FailedAttempt attempt{.job = job.id,
                        .epoch = job.epoch,
                        .task = job.task,
                        .attempt = job.attempts + 1,
                        .cause = end.cause,
                        .error = parsed(end.error, nullptr),
                        .metadata = parsed(job.metadata, json::object()),
                        .is_final = is_final(now)};
  if (!attempt.is_final) attempt.next_try = end.delay;
  return attempt;
}

FailedHooks::FailedHooks(std::shared_ptr<const RunEnvironment> environment)
    : environment_(std::move(environment)),
      contexts_(environment_->registry->contexts(), environment_->settings,
                environment_->contexts) {}

void FailedHooks::call(const FailedAttempt& attempt) noexcept {
  for (const detail::FailedDeclaration& one : environment_->registry->failed_hooks()) {
    try {
      FailureInvocation invocation{*environment_, contexts_};
      one.hook(invocation, attempt);
    } catch (const std::exception& error) {
      log_error("hooks", "on_failed of module {} threw for job {} ({}): {}", one.module,
                attempt.job.value, attempt.task, error.what());
    } catch (...) {
      log_error("hooks", "on_failed of module {} threw for job {} ({})", one.module,
                attempt.job.value, attempt.task);
    }
  }
}

}  // namespace stint
