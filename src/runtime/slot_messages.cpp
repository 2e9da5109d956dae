#include "runtime/slot_messages.hpp"
#include <bit>
#include <chrono>
#include <iterator>
#include <type_traits>
#include <utility>
#include "base/wire.hpp"
#include "stint/json.hpp"

namespace stint::slot {
namespace {

using std::chrono::system_clock;

constexpr int kNotWritten = -1;

template <typename T>
T enumerator(WireReader& from) {
  return static_cast<T>(from.number());
}

void write(WireWriter& to, const Hello& hello) {
  to.string(hello.settings).string(hello.store).strings(hello.modules);
}
void read(WireReader& from, Hello& hello) {
  hello.settings = from.string();
  hello.store = from.string();
  hello.modules = from.strings();
}

void write(WireWriter& to, const ClaimedJob& job) {
  to.number(job.id.value).number(job.epoch.value).number(job.attempts).number(job.failures);
  to.number(job.crashes).number(job.max_attempts).number(job.timeout.count());
  to.number(job.flags.mask).string(job.domain).string(job.task).string(job.args);
  to.number(job.has_attachments ? 1 : 0).string(job.metadata);
}
void read(WireReader& from, ClaimedJob& job) {
  job.id = JobId{from.number()};
  job.epoch = Epoch{from.number()};
  job.attempts = from.integer();
  job.failures = from.integer();
  job.crashes = from.integer();
  job.max_attempts = from.integer();
  job.timeout = milliseconds{from.number()};
  job.flags = JobFlags{from.integer()};
  job.domain = from.string();
  job.task = from.string();
  job.args = from.string();
  job.has_attachments = from.number() != 0;
  job.metadata = from.string();
}

void write(WireWriter& to, const Start& start) {
  write(to, start.job);
  to.strings(start.attachments).number(start.lock_token);
}
void read(WireReader& from, Start& start) {
  read(from, start.job);
  start.attachments = from.strings();
  start.lock_token = from.number();
}

void write(WireWriter& to, const Burst& burst) {
  to.number(std::ssize(burst.jobs));
  for (const ClaimedJob& job : burst.jobs) write(to, job);
}
void read(WireReader& from, Burst& burst) {
  const std::int64_t count = from.number();
  for (std::int64_t i = 0; i < count && !from.has_failed(); ++i)
    read(from, burst.jobs.emplace_back());
}

void write(WireWriter& to, const Stop& stop) {
  to.number(stop.id.value).number(stop.epoch.value).number(static_cast<int>(stop.reason));
  to.string(stop.message);
}
void read(WireReader& from, Stop& stop) {
  stop.id = JobId{from.number()};
  stop.epoch = Epoch{from.number()};
  stop.reason = enumerator<StopReason>(from);
  stop.message = from.string();
}

void write(WireWriter& to, const Enqueued& enqueued) {
  to.number(enqueued.id.value).string(enqueued.error).number(enqueued.code);
}
void read(WireReader& from, Enqueued& enqueued) {
  enqueued.id = JobId{from.number()};
  enqueued.error = from.string();
  enqueued.code = from.integer();
}

void write(WireWriter& /*to*/, const Ready& /*ready*/) {}
void read(WireReader& /*from*/, Ready& /*ready*/) {}

void write(WireWriter& to, const Unfit& unfit) { to.string(unfit.message); }
void read(WireReader& from, Unfit& unfit) { unfit.message = from.string(); }

void write(WireWriter& to, const LogLine& line) {
  to.number(static_cast<int>(line.level)).string(line.text);
}
void read(WireReader& from, LogLine& line) {
  line.level = enumerator<LogLevel>(from);
  line.text = from.string();
}

void write(WireWriter& to, const Progress& progress) {
  to.number(std::bit_cast<std::int64_t>(progress.fraction)).string(progress.message);
}
void read(WireReader& from, Progress& progress) {
  progress.fraction = std::bit_cast<double>(from.number());
  progress.message = from.string();
}

void write(WireWriter& to, const Enqueue& enqueue) {
  to.string(enqueue.task).string(enqueue.args).string(enqueue.options);
}
void read(WireReader& from, Enqueue& enqueue) {
  enqueue.task = from.string();
  enqueue.args = from.string();
  enqueue.options = from.string();
}

void write(WireWriter& to, const End& end) {
  const Completion& one = end.completion;
  to.number(one.id.value).number(one.epoch.value).number(static_cast<int>(one.outcome));
  to.number(one.started ? 1 : 0).number(one.delay.count()).string(one.cause).string(one.error);
  to.string(one.output).strings(one.attachments).number(end.retires ? 1 : 0);
  to.number(one.ran_for.count()).number(one.ended_before.count());
  to.number(one.written ? static_cast<int>(*one.written) : kNotWritten);
  to.number(end.error_code ? static_cast<int>(*end.error_code) : kNotWritten);
}
void read(WireReader& from, End& end) {
  Completion& one = end.completion;
  one.id = JobId{from.number()};
  one.epoch = Epoch{from.number()};
  one.outcome = enumerator<Outcome>(from);
  one.started = from.number() != 0;
  one.delay = milliseconds{from.number()};
  one.cause = from.string();
  one.error = from.string();
  one.output = from.string();
  one.attachments = from.strings();
  end.retires = from.number() != 0;
  one.ran_for = microseconds{from.number()};
  one.ended_before = microseconds{from.number()};
  const std::int64_t written = from.number();
  if (written != kNotWritten) one.written = static_cast<WriteResult>(written);
  const std::int64_t code = from.number();
  if (code != kNotWritten) end.error_code = static_cast<ErrorCode>(code);
}

void write(WireWriter& /*to*/, const Idle& /*idle*/) {}
void read(WireReader& /*from*/, Idle& /*idle*/) {}

void write(WireWriter& /*to*/, const ExtendLock& /*extend*/) {}
void read(WireReader& /*from*/, ExtendLock& /*extend*/) {}

void write(WireWriter& /*to*/, const WriteLiveness& /*write*/) {}
void read(WireReader& /*from*/, WriteLiveness& /*write*/) {}

void write(WireWriter& to, const Metric& metric) {
  to.string(metric.name).number(std::bit_cast<std::int64_t>(metric.value));
  to.number(std::ssize(metric.tags));
  for (const auto& [tag, value] : metric.tags) to.string(tag).string(value);
  to.number(static_cast<int>(metric.kind)).number(metric.time ? 1 : 0);
  if (metric.time) to.number(metric.time->time_since_epoch().count());
}
void read(WireReader& from, Metric& metric) {
  metric.name = from.string();
  metric.value = std::bit_cast<double>(from.number());
  const std::int64_t tags = from.number();
  for (std::int64_t i = 0; i < tags && !from.has_failed(); ++i) {
    auto& [tag, value] = metric.tags.emplace_back();
    tag = from.string();
    value = from.string();
  }
  metric.kind = enumerator<MetricKind>(from);
  if (from.number() == 0) return;
  metric.time = system_clock::time_point{system_clock::duration{from.number()}};
}

void write(WireWriter& to, const PushMetrics& push) {
  to.number(std::ssize(push.metrics));
  for (const Metric& metric : push.metrics) write(to, metric);
}
void read(WireReader& from, PushMetrics& push) {
  const std::int64_t count = from.number();
  for (std::int64_t i = 0; i < count && !from.has_failed(); ++i) {
    read(from, push.metrics.emplace_back());
  }
}

template <typename Variant>
std::string encode_any(const Variant& message) {
  WireWriter to;
  to.number(static_cast<std::int64_t>(message.index()));
  std::visit([&](const auto& one) { write(to, one); }, message);
  return to.take();
}

template <typename Variant, std::size_t Index = 0>
std::optional<Variant> decode_any(std::size_t index, WireReader& from) {
  if constexpr (Index < std::variant_size_v<Variant>) {
    if (index != Index) return decode_any<Variant, Index + 1>(index, from);
    std::variant_alternative_t<Index, Variant> one;
    read(from, one);
    if (!from.is_good()) return std::nullopt;
    return Variant{std::move(one)};
  } else {
    return std::nullopt;
  }
}

template <typename Variant>
std::optional<Variant> decode_any(std::string_view text) {
  WireReader from{text};
  const std::int64_t index = from.number();
  if (index < 0) return std::nullopt;
  return decode_any<Variant>(static_cast<std::size_t>(index), from);
}

}  // namespace

std::string encode(const ToSlot& message) { return encode_any(message); }
std::string encode(const ToWorker& message) { return encode_any(message); }
std::optional<ToSlot> decode_for_slot(std::string_view text) { return decode_any<ToSlot>(text); }
std::optional<ToWorker> decode_for_worker(std::string_view text) {
  return decode_any<ToWorker>(text);
}

std::string pack_options(const EnqueueOptions& options) {
  json all = json::object();
  if (options.priority) all["priority"] = *options.priority;
  if (options.run_at) all["run_at"] = options.run_at->time_since_epoch().count();
  all["delay"] = options.delay.count();
  if (options.domain) all["domain"] = *options.domain;
  if (options.node) all["node"] = *options.node;
  if (options.max_attempts) all["max_attempts"] = *options.max_attempts;
  if (options.timeout) all["timeout"] = options.timeout->count();
  all["metadata"] = options.metadata;
  all["tags"] = options.tags;
  all["key"] = options.idempotency_key;
  const std::vector<std::uint8_t> bytes = json::to_cbor(all);
  return {bytes.begin(), bytes.end()};
}

EnqueueOptions unpack_options(std::string_view text) {
  const json all = json::from_cbor(text.begin(), text.end());
  EnqueueOptions options;
  const auto find = [&](const char* name) -> const json* {
    const auto found = all.find(name);
    return found == all.end() ? nullptr : &*found;
  };
  if (const json* value = find("priority")) options.priority = value->get<int>();
  if (const json* value = find("run_at")) {
    options.run_at = system_clock::time_point{system_clock::duration{value->get<std::int64_t>()}};
  }
  options.delay = milliseconds{all.at("delay").get<std::int64_t>()};
  if (const json* value = find("domain")) options.domain = value->get<std::string>();
  if (const json* value = find("node")) options.node = value->get<std::string>();
  if (const json* value = find("max_attempts")) options.max_attempts = value->get<int>();
  if (const json* value = find("timeout")) {
    options.timeout = milliseconds{value->get<std::int64_t>()};
  }
  options.metadata = all.at("metadata");
  options.tags = all.at("tags").get<std::vector<std::string>>();
  options.idempotency_key = all.at("key").get<std::string>();
  return options;
}

}  // namespace stint::slot
