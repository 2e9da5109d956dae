#include "runtime/thread_output.hpp"
#include <cxxabi.h>
#include <array>
#include <atomic>
#include <iostream>
#include <streambuf>
#include <string_view>
#include <utility>
#include "base/mutex.hpp"

namespace stint {
namespace {

thread_local ThreadOutput* current = nullptr;

/// An exception that left a stream's buffer would put the stream, which all threads share, out of
/// use.
template <typename Call>
void drop_exceptions(const Call& call) {
  try {
    call();
  } catch (const abi::__forced_unwind&) {
    throw;  // the thread is being cancelled: nobody may stop that
  } catch (...) {
    return;
  }
}

}  // namespace

/// Stand in a stream's place of its buffer. Without an area of its own to collect in: nothing is
/// shared by the threads that write.
class OutputSwitch final : public std::streambuf {
 public:
  OutputSwitch(OutputStream stream, std::ostream& shared) : stream_(stream), shared_(shared) {}

  void install() {
    std::streambuf* const before = shared_.rdbuf(this);
    if (before != this) original_ = before;
  }
  void remove() {
    if (shared_.rdbuf() == this) shared_.rdbuf(original_);
  }

 protected:
  std::streamsize xsputn(const char* text, std::streamsize length) override {
    if (current == nullptr) return original()->sputn(text, length);
    capture({text, static_cast<std::size_t>(length)});
    return length;
  }
  int_type overflow(int_type character) override {
    if (traits_type::eq_int_type(character, traits_type::eof())) return 0;
    const char byte = traits_type::to_char_type(character);
    if (current == nullptr) return original()->sputc(byte);
    capture({&byte, 1});
    return character;
  }
  // A captured line is handed on by its end alone: std::cerr flushes after each piece of it.
  int sync() override { return current == nullptr ? original()->pubsync() : 0; }
  void imbue(const std::locale& locale) override { original()->pubimbue(locale); }

 private:
  std::streambuf* original() const { return original_.load(std::memory_order_relaxed); }
  void capture(std::string_view bytes) {
    drop_exceptions([&] { current->lines_.add(stream_, bytes); });
  }

  const OutputStream stream_;
  std::ostream& shared_;
  std::atomic<std::streambuf*> original_{nullptr};
};

namespace {

/// The switches of the process. They outlive everything: a thread may be within a call.
class Switches final {
 public:
  void add_user() {
    const MutexLock lock{mutex_};
    if (users_++ > 0) return;
    for (OutputSwitch& one : switches_) one.install();
  }
  void remove_user() {
    const MutexLock lock{mutex_};
    if (--users_ > 0) return;
    for (OutputSwitch& one : switches_) one.remove();
  }

 private:
  Mutex mutex_;
  int users_ STINT_GUARDED_BY(mutex_) = 0;
  std::array<OutputSwitch, 3> switches_{OutputSwitch{OutputStream::kOut, std::cout},
                                        OutputSwitch{OutputStream::kError, std::cerr},
                                        OutputSwitch{OutputStream::kError, std::clog}};
};

Switches& switches() {
  static auto& instance = *new Switches;  // NOLINT(cppcoreguidelines-owning-memory)
  return instance;
}

}  // namespace

OutputHook::OutputHook() { switches().add_user(); }

OutputHook::~OutputHook() { switches().remove_user(); }

ThreadOutput::ThreadOutput(CaptureLimits limits, OutputLines::Sink sink)
    : lines_(limits, std::move(sink)), outer_(std::exchange(current, this)) {}

ThreadOutput::~ThreadOutput() {
  current = outer_;
  drop_exceptions([this] { lines_.finish(); });
}

}  // namespace stint
