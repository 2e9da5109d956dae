#include "runtime/quiet_check.hpp"
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <atomic>
#include <cerrno>
#include <csignal>

namespace stint {
namespace {

std::atomic<int> forks{0};

void count_fork() { ++forks; }

bool is_empty(int descriptor) {
  int waiting = 0;
  return ::ioctl(descriptor, FIONREAD, &waiting) == 0 && waiting == 0;
}

bool has_child() {
  siginfo_t info{};
  return ::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 || errno != ECHILD;
}

}  // namespace

QuietCheck::Stream QuietCheck::stream(int descriptor) {
  struct stat status{};
  if (::fstat(descriptor, &status) != 0) return {};
  return {status.st_dev, status.st_ino};
}

QuietCheck::Children QuietCheck::children() {
  rusage used{};
  ::getrusage(RUSAGE_CHILDREN, &used);
  return {used.ru_nvcsw + used.ru_nivcsw, used.ru_minflt + used.ru_majflt, forks.load()};
}

void QuietCheck::begin() {
  static const int counts = ::pthread_atfork(&count_fork, nullptr, nullptr);
  static_cast<void>(counts);
  out_ = stream(STDOUT_FILENO);
  error_ = stream(STDERR_FILENO);
  children_ = children();
}

bool QuietCheck::is_quiet() const {
  return is_empty(STDOUT_FILENO) && is_empty(STDERR_FILENO) && stream(STDOUT_FILENO) == out_ &&
         stream(STDERR_FILENO) == error_ && !has_child() && children() == children_;
}

}  // namespace stint
