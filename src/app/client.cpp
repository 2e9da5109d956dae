#include "stint/client.hpp"
#include <utility>
#include "app/client_impl.hpp"
#include "app/environment.hpp"

namespace stint {

Client::Client(const Settings& settings, std::initializer_list<ModuleDefinition> modules)
    : impl_(std::make_shared<detail::ClientImpl>(std::make_shared<Environment>(
          settings, std::span<const ModuleDefinition>{modules.begin(), modules.size()}))) {}

Enqueued Client::enqueue_one(std::string_view task, const json& args,
                             const EnqueueOptions& options) {
  return impl_->enqueue(task, {&args, 1}, options).front();
}

std::vector<Enqueued> Client::enqueue_many(std::string_view task, const std::vector<json>& many,
                                           const EnqueueOptions& options) {
  return impl_->enqueue(task, many, options);
}

SqlStatement Client::sql_enqueue_one(std::string_view task, const json& args,
                                     const EnqueueOptions& options) {
  return impl_->enqueue_statement(task, args, options);
}

void Client::check_exists(JobId id) { static_cast<void>(impl_->state(id)); }

namespace detail {

JobState JobHandleBase::state() const { return client_->state(id()); }

JobState JobHandleBase::wait_for(std::chrono::milliseconds timeout) const {
  return client_->wait(id(), client_->now() + timeout);
}

std::string JobHandleBase::error() const { return error_message(client_->record(id()).error); }

std::vector<JobLogLine> JobHandleBase::logs(std::int64_t from) const {
  return client_->log(id(), from);
}

bool JobHandleBase::abort(std::string_view message) const { return client_->abort(id(), message); }

bool JobHandleBase::retry() const { return client_->retry(id()); }

json JobHandleBase::wait_for_output() const {
  static_cast<void>(client_->wait(id(), std::nullopt));
  return client_->output(id());
}

}  // namespace detail
}  // namespace stint
