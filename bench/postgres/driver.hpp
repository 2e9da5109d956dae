/// The C interface of libpq with nothing but error checks around it.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>
#include <libpq-fe.h>

namespace stint::bench {

/// The values $1, $2, ... of one statement, in the server's binary format.
class PgValues final {
 public:
  PgValues& add(std::int64_t value);
  PgValues& add(std::int32_t value);
  PgValues& add(std::int16_t value);
  PgValues& add(std::string_view text);
  PgValues& add(bool value);
  PgValues& add_null();
  PgValues& add_array(std::span<const std::int64_t> values);
  PgValues& add_array(std::span<const std::string> texts);
  /// Arrays of `json` and of `interval`.
  PgValues& add_jsons(std::span<const std::string> texts);
  PgValues& add_empty_intervals(std::size_t count);

  std::size_t size() const { return values_.size(); }
  const std::vector<std::optional<std::string>>& values() const { return values_; }

 private:
  PgValues& push(std::optional<std::string> value);
  PgValues& push_texts(Oid element, std::span<const std::string> texts);

  std::vector<std::optional<std::string>> values_;
};

struct PgClear {
  void operator()(PGresult* result) const { PQclear(result); }
};
using PgResult = std::unique_ptr<PGresult, PgClear>;

/// Read a number of 8 bytes from a binary result.
std::int64_t read_int64(const PGresult* result, int row, int column);

/// One connection. Used by one thread at a time.
class PgConnection final {
 public:
  explicit PgConnection(const std::string& url);

  /// Run statements without values that return nothing of interest.
  void execute(const std::string& script);
  /// Give a statement a name, for `run`.
  void prepare(const std::string& name, const std::string& text);
  /// Run a prepared statement in a transaction of its own.
  PgResult run(const char* name, const PgValues& values);
  /// Read one number.
  std::int64_t query_number(const std::string& query);
  /// Send rows, in COPY's text format, into a table; `copy` is the statement.
  void copy(const std::string& copy, std::string_view rows);

  /// Several statements in one round trip and one transaction: send them, then `end_pipeline`, then
  /// take one result each.
  void send(const char* name, const PgValues& values);
  std::vector<PgResult> end_pipeline(std::size_t statements);

  PGconn* get() const { return connection_.get(); }

 private:
  struct Finish {
    void operator()(PGconn* connection) const { PQfinish(connection); }
  };
  [[noreturn]] void fail() const;
  PgResult check(PGresult* result) const;

  std::unique_ptr<PGconn, Finish> connection_;
};

}  // namespace stint::bench
