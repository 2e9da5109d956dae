#include "backends/postgres/role_database.hpp"
#include <array>
#include <chrono>
#include <utility>
#include <fmt/format.h>
#include "backends/postgres/schema.hpp"
#include "core/role_place.hpp"
#include "stint_generated/postgres_sql.hpp"

namespace stint::postgres {

ConnectOptions role_connect_options(const BackendOptions& options) {
  constexpr std::array<std::string_view, 2> kSchemes{"postgresql", "postgres"};
  // A dead connection is found within 5 to 11 s, well before a lease ends.
  const std::array<ConnectDefault, 6> defaults{{{"target_session_attrs", "read-write"},
                                                {"tcp_user_timeout", "5000"},
                                                {"keepalives_idle", "5"},
                                                {"keepalives_interval", "2"},
                                                {"keepalives_count", "3"},
                                                {"fallback_application_name", "stint lock"}}};
  ConnectOptions connect = parse_connect_options(role_url(options, kSchemes), defaults);
  connect.request_timeout = role_timeout(options);
  return connect;
}

RoleDatabase::RoleDatabase(const BackendOptions& options)
    : database_(role_connect_options(options)) {}

Result RoleDatabase::run(const SqlFile& file, Parameters parameters, Resend resend) {
  if (!is_checked_) {
    check_schema_version(database_);
    is_checked_ = true;
  }
  // The server gives up before we do: else nobody knows what became of the statement. For a locked
  // row it waits less, so that a plan that waits behind it is not cut off.
  const auto timeout = options().request_timeout;
  Parameters limits;
  limits.add(fmt::format("{}ms", timeout.count() * 8 / 10))
      .add(fmt::format("{}ms", timeout.count() / 2));
  const std::array<Command, 2> commands{Command{&sql::request_limits, std::move(limits)},
                                        Command{&file, std::move(parameters)}};
  return std::move(database_.run(commands, resend).back());
}

}  // namespace stint::postgres
