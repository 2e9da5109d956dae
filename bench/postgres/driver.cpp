#include "postgres/driver.hpp"
#include <endian.h>
#include <bit>
#include <cstring>
#include <stdexcept>

namespace stint::bench {
namespace {

// Fixed for all versions of the server.
constexpr Oid kInt8 = 20;
constexpr Oid kText = 25;
constexpr Oid kJson = 114;
constexpr Oid kInterval = 1186;
constexpr int kBinary = 1;

void append(std::string& to, std::int32_t value) {
  const std::uint32_t big = htobe32(static_cast<std::uint32_t>(value));
  char bytes[sizeof big];
  std::memcpy(bytes, &big, sizeof big);
  to.append(bytes, sizeof bytes);
}

void append(std::string& to, std::int64_t value) {
  const std::uint64_t big = htobe64(static_cast<std::uint64_t>(value));
  char bytes[sizeof big];
  std::memcpy(bytes, &big, sizeof big);
  to.append(bytes, sizeof bytes);
}

// One dimension that begins with 1, without nulls.
std::string array_head(Oid element, std::size_t count) {
  std::string head;
  append(head, std::int32_t{count == 0 ? 0 : 1});
  append(head, std::int32_t{0});
  append(head, static_cast<std::int32_t>(element));
  if (count > 0) {
    append(head, static_cast<std::int32_t>(count));
    append(head, std::int32_t{1});
  }
  return head;
}

/// What libpq wants to know of each value.
struct Wire {
  std::vector<const char*> values;
  std::vector<int> lengths;
  std::vector<int> formats;

  explicit Wire(const PgValues& all) : formats(all.size(), kBinary) {
    for (const auto& value : all.values()) {
      values.push_back(value ? value->data() : nullptr);
      lengths.push_back(value ? static_cast<int>(value->size()) : 0);
    }
  }
};

}  // namespace

PgValues& PgValues::push(std::optional<std::string> value) {
  values_.push_back(std::move(value));
  return *this;
}

PgValues& PgValues::add(std::int64_t value) {
  std::string bytes;
  append(bytes, value);
  return push(std::move(bytes));
}

PgValues& PgValues::add(std::int32_t value) {
  std::string bytes;
  append(bytes, value);
  return push(std::move(bytes));
}

PgValues& PgValues::add(std::int16_t value) {
  std::string bytes;
  bytes += static_cast<char>(static_cast<std::uint16_t>(value) >> 8U);
  bytes += static_cast<char>(static_cast<std::uint16_t>(value) & 0xFFU);
  return push(std::move(bytes));
}

PgValues& PgValues::add(bool value) { return push(std::string(1, value ? '\1' : '\0')); }

PgValues& PgValues::add(std::string_view text) { return push(std::string{text}); }

PgValues& PgValues::add_null() { return push(std::nullopt); }

PgValues& PgValues::add_array(std::span<const std::int64_t> values) {
  std::string bytes = array_head(kInt8, values.size());
  bytes.reserve(bytes.size() + values.size() * 12);
  for (const std::int64_t value : values) {
    append(bytes, static_cast<std::int32_t>(sizeof value));
    append(bytes, value);
  }
  return push(std::move(bytes));
}

PgValues& PgValues::add_empty_intervals(std::size_t count) {
  std::string bytes = array_head(kInterval, count);
  for (std::size_t i = 0; i < count; ++i) {
    append(bytes, std::int32_t{16});
    bytes.append(16, '\0');
  }
  return push(std::move(bytes));
}

PgValues& PgValues::push_texts(Oid element, std::span<const std::string> texts) {
  std::string bytes = array_head(element, texts.size());
  for (const std::string& text : texts) {
    append(bytes, static_cast<std::int32_t>(text.size()));
    bytes += text;
  }
  return push(std::move(bytes));
}

PgValues& PgValues::add_array(std::span<const std::string> texts) {
  return push_texts(kText, texts);
}

PgValues& PgValues::add_jsons(std::span<const std::string> texts) {
  return push_texts(kJson, texts);
}

std::int64_t read_int64(const PGresult* result, int row, int column) {
  std::uint64_t big = 0;
  std::memcpy(&big, PQgetvalue(result, row, column), sizeof big);
  return static_cast<std::int64_t>(be64toh(big));
}

PgConnection::PgConnection(const std::string& url) : connection_(PQconnectdb(url.c_str())) {
  if (PQstatus(get()) != CONNECTION_OK) fail();
  PQsetNoticeReceiver(get(), [](void*, const PGresult*) {}, nullptr);
}

void PgConnection::fail() const {
  throw std::runtime_error{std::string{"PostgreSQL: "} + PQerrorMessage(get())};
}

PgResult PgConnection::check(PGresult* result) const {
  PgResult owned{result};
  const ExecStatusType status = PQresultStatus(result);
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
    const std::string said = PQresultErrorMessage(result);
    throw std::runtime_error{"PostgreSQL: " + (said.empty() ? PQerrorMessage(get()) : said)};
  }
  return owned;
}

void PgConnection::execute(const std::string& script) { check(PQexec(get(), script.c_str())); }

void PgConnection::prepare(const std::string& name, const std::string& text) {
  check(PQprepare(get(), name.c_str(), text.c_str(), 0, nullptr));
}

PgResult PgConnection::run(const char* name, const PgValues& values) {
  const Wire wire{values};
  return check(PQexecPrepared(get(), name, static_cast<int>(values.size()), wire.values.data(),
                              wire.lengths.data(), wire.formats.data(), kBinary));
}

std::int64_t PgConnection::query_number(const std::string& query) {
  const PgResult result = check(PQexec(get(), query.c_str()));
  return std::stoll(PQgetvalue(result.get(), 0, 0));
}

void PgConnection::copy(const std::string& copy, std::string_view rows) {
  const PgResult begun{PQexec(get(), copy.c_str())};
  if (PQresultStatus(begun.get()) != PGRES_COPY_IN) fail();
  if (PQputCopyData(get(), rows.data(), static_cast<int>(rows.size())) != 1) fail();
  if (PQputCopyEnd(get(), nullptr) != 1) fail();
  check(PQgetResult(get()));
  while (PGresult* rest = PQgetResult(get())) PQclear(rest);
}

void PgConnection::send(const char* name, const PgValues& values) {
  if (PQpipelineStatus(get()) == PQ_PIPELINE_OFF) PQenterPipelineMode(get());
  const Wire wire{values};
  if (PQsendQueryPrepared(get(), name, static_cast<int>(values.size()), wire.values.data(),
                          wire.lengths.data(), wire.formats.data(), kBinary) != 1) {
    fail();
  }
}

std::vector<PgResult> PgConnection::end_pipeline(std::size_t statements) {
  if (PQpipelineSync(get()) != 1) fail();
  std::vector<PgResult> results;
  for (std::size_t i = 0; i < statements; ++i) {
    results.push_back(check(PQgetResult(get())));
    // libpq puts a null behind each statement's result.
    if (PQgetResult(get()) != nullptr) fail();
  }
  const PgResult sync{PQgetResult(get())};
  if (PQresultStatus(sync.get()) != PGRES_PIPELINE_SYNC) fail();
  return results;
}

}  // namespace stint::bench
