#include "support/postgres_server.hpp"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pwd.h>
#include <sys/socket.h>
#include <unistd.h>
#include <algorithm>
#include <csignal>
#include <fstream>
#include <random>
#include <stdexcept>
#include <utility>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <libpq-fe.h>
#include "backends/postgres/connection.hpp"
#include "backends/postgres/result.hpp"
#include "support/eventually.hpp"
#include "support/fake_clock.hpp"
#include "support/processes.hpp"
#include "support/store_place.hpp"

namespace stint::test {
namespace {

namespace fs = std::filesystem;
constexpr const char* kUser = "postgres";

// The newest installed version's folder of programs; empty if there is none.
fs::path programs() {
  fs::path newest;
  std::error_code ignored;
  for (const auto& version : fs::directory_iterator{"/usr/lib/postgresql", ignored}) {
    const fs::path bin = version.path() / "bin";
    if (fs::exists(bin / "initdb") && bin > newest) newest = bin;
  }
  return newest;
}

}  // namespace

bool PostgresServer::is_installed(std::string& missing) {
  if (!programs().empty()) return true;
  missing = "no PostgreSQL server is installed: install postgresql-15";
  EXPECT_FALSE(is_required("postgres")) << missing;
  return false;
}

ProcessOptions PostgresServer::as_server(const std::string& program,
                                         const std::vector<std::string>& arguments) {
  ProcessOptions options{.program = "/usr/bin/setpriv", .folder = "/"};
  options.arguments = {"--pdeathsig", "KILL"};
  // The server refuses to be root.
  if (::geteuid() == 0) {
    for (const char* word : {"--reuid", kUser, "--regid", kUser, "--clear-groups"}) {
      options.arguments.emplace_back(word);
    }
  }
  options.arguments.emplace_back("--");
  options.arguments.push_back(program);
  options.arguments.insert(options.arguments.end(), arguments.begin(), arguments.end());
  return options;
}

int PostgresServer::free_port() {
  std::random_device random;
  while (true) {
    const int port = std::uniform_int_distribution{20000, 29999}(random);
    const int file = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* raw = reinterpret_cast<sockaddr*>(&address);  // NOLINT: the sockets' way
    const bool is_free = ::bind(file, raw, sizeof address) == 0;
    ::close(file);
    if (is_free) return port;
  }
}

void PostgresServer::give_to_server(const fs::path& path) {
  using fs::perms;
  fs::permissions(
      path, fs::is_directory(path) ? perms::owner_all : perms::owner_read | perms::owner_write);
  const passwd* user = ::geteuid() == 0 ? ::getpwnam(kUser) : nullptr;
  if (user == nullptr) return;
  if (::chown(path.c_str(), user->pw_uid, user->pw_gid) != 0) {
    throw std::runtime_error{"cannot give away " + path.string()};
  }
}

std::string PostgresServer::run_tool(const std::string& name,
                                     const std::vector<std::string>& arguments) {
  const ProcessResult result = run_process(as_server((programs() / name).string(), arguments));
  if (result.exit_code != 0) throw std::runtime_error{name + ": " + result.out + result.err};
  return result.out;
}

PostgresServer::PostgresServer(const Options& options)
    : data_(options.data.empty() ? folder_.path() / "data" : options.data), port_(free_port()) {
  fs::permissions(folder_.path(), fs::perms::owner_all | fs::perms::others_exec);
  fs::create_directories(data_);
  give_to_server(data_);
  if (options.standby_of.empty()) {
    std::vector<std::string> words{
        "-D",   data_.string(),     "-U",       kUser, "-A", "trust", "-E",
        "UTF8", "--locale=C.UTF-8", "--no-sync"};
    if (!options.wal.empty()) {
      give_to_server(options.wal);
      words.insert(words.end(), {"--waldir", options.wal.string(), "--wal-segsize", "1"});
    }
    run_tool("initdb", words);
  } else {
    run_tool("pg_basebackup",
             {"-D", data_.string(), "-d", options.standby_of, "-R", "-c", "fast", "--no-sync"});
  }
  write_settings(options);
  if (options.has_fake_clock) environment_ = FakeClock{folder_.path() / "clock"}.environment();
  start();
}

PostgresServer::~PostgresServer() {
  try {
    stop(Shutdown::kImmediate);
  } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): see below
    // Then it is killed with its process group.
  }
}

void PostgresServer::write_settings(const Options& options) const {
  std::ofstream settings{data_ / "postgresql.conf", std::ios::app};
  settings << fmt::format(
      "\nport = {}\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = ''\n"
      "max_connections = 100\nshared_buffers = '16MB'\nlogging_collector = off\n",
      port_);
  for (const std::string& line : options.settings) settings << line << '\n';
  std::ofstream access{data_ / "pg_hba.conf"};
  for (const std::string& line : options.access) access << line << '\n';
  access << "host all all 127.0.0.1/32 trust\nhost replication all 127.0.0.1/32 trust\n";
}

std::string PostgresServer::url() const {
  return fmt::format("postgresql://{}@127.0.0.1:{}/postgres?schema=stint", kUser, port_);
}

void PostgresServer::start() {
  ProcessOptions how = as_server((programs() / "postgres").string(), {"-D", data_.string()});
  how.environment = environment_;
  process_ = std::make_unique<Process>(how);
  const bool is_up =
      eventually([&] { return accepts() || process_->has_ended(); }, std::chrono::seconds{30});
  if (!is_up || process_->has_ended()) {
    throw std::runtime_error{"the server does not start: " + log()};
  }
}

void PostgresServer::stop(Shutdown how) {
  if (!process_) return;
  process_->send_signal(how == Shutdown::kFast ? SIGINT : SIGQUIT);
  process_->wait();
  process_.reset();
}

void PostgresServer::send_signal(int signal) const {
  // Each session is a process in a group of its own.
  std::vector<pid_t> all = children_of(process_->pid());
  all.push_back(process_->pid());
  for (const pid_t one : all) ::kill(one, signal);
}

bool PostgresServer::accepts() const {
  return PQping(fmt::format("host=127.0.0.1 port={} user={} dbname=postgres connect_timeout=2",
                            port_, kUser)
                    .c_str()) == PQPING_OK;
}

std::vector<std::string> PostgresServer::run(const std::string& text) const {
  const postgres::ConnectionPointer session{PQconnectdb(
      fmt::format("host=127.0.0.1 port={} user={} dbname=postgres application_name=test", port_,
                  kUser)
          .c_str())};
  const postgres::ResultPointer result{PQexec(session.get(), text.c_str())};
  const ExecStatusType status = PQresultStatus(result.get());
  if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
    throw std::runtime_error{PQerrorMessage(session.get())};
  }
  std::vector<std::string> rows;
  for (int row = 0; row < PQntuples(result.get()); ++row) {
    std::string line;
    for (int column = 0; column < PQnfields(result.get()); ++column) {
      if (column > 0) line += '|';
      line += PQgetvalue(result.get(), row, column);
    }
    rows.push_back(line);
  }
  return rows;
}

std::vector<pid_t> PostgresServer::backends() const {
  std::vector<pid_t> found;
  for (const std::string& row :
       run("select pid from pg_stat_activity where backend_type = 'client backend' and "
           "application_name <> 'test'")) {
    found.push_back(static_cast<pid_t>(std::stol(row)));
  }
  return found;
}

}  // namespace stint::test
