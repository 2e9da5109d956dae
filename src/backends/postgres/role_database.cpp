#include "backends/postgres/role_database.hpp"
#include <array>
#include <chrono>
#include <utility>
#include "backends/postgres/schema.hpp"
#include "core/role_place.hpp"

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
  return database_.run(file, std::move(parameters), resend);
}

}  // namespace stint::postgres
