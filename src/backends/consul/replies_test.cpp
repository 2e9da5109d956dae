#include "backends/consul/replies.hpp"
#include <map>
#include <string>
#include <utility>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "stint/error.hpp"

namespace stint::consul {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using What = LockAnswer::What;

HttpClient::Response reply(std::string body, int status = 200, std::string index = "7") {
  return {
      .status = status, .headers = {{"x-consul-index", std::move(index)}}, .body = std::move(body)};
}

constexpr const char* kEntry =
    R"({"LockIndex": 1, "Key": "a/b", "Flags": 0, "Value": "e30=", "Session": "5558d722",
        "CreateIndex": 5, "ModifyIndex": 6})";

std::string conflict(const std::string& what) {
  return R"({"Results": null, "Errors": [{"OpIndex": 1, "What": )" + json(what).dump() + "}]}";
}

What answer_to(const std::string& body) {
  return read_lock_answer(reply(body, 409), "a/b", "5558d722").what;
}

TEST(ConsulReplies, ReadAKey) {
  const Look look = read_look(reply("[" + std::string{kEntry} + "]"), "a/b");
  EXPECT_EQ(look.index, 7);
  ASSERT_TRUE(look.entry);
  EXPECT_EQ(look.entry->value, "{}");
  EXPECT_EQ(look.entry->session, "5558d722");
  EXPECT_EQ(look.entry->modify_index, 6);
}

TEST(ConsulReplies, ReadAKeyThatIsNotThere) {
  const Look look = read_look(reply("", 404, "9"), "a/b");
  EXPECT_FALSE(look.entry);
  EXPECT_EQ(look.index, 9);
}

TEST(ConsulReplies, ReadAKeyThatNobodyHoldsAndThatIsEmpty) {
  const Look look = read_look(reply(R"([{"Key": "a/b", "Flags": 18446744073709551615, "Value": null,
                           "ModifyIndex": 9223372036854775807}])"),
                              "a/b");
  ASSERT_TRUE(look.entry);
  EXPECT_EQ(look.entry->session, "");
  EXPECT_EQ(look.entry->value, "");
  EXPECT_EQ(look.entry->modify_index, 9223372036854775807);
}

TEST(ConsulReplies, RefuseWhatIsNoAnswerOfConsul) {
  const std::string entry = kEntry;
  const auto changed = [&](const std::string& from, const std::string& to) {
    std::string text = entry;
    return "[" + text.replace(text.find(from), from.size(), to) + "]";
  };
  const std::string bodies[] = {
      "",
      "[",
      "{}",
      "[]",
      "null",
      "<html>It works!</html>",
      "[" + entry + "," + entry + "]",
      "[" + entry.substr(0, entry.size() / 2),
      changed("\"a/b\"", "\"a/c\""),
      changed("\"a/b\"", "17"),
      changed("\"e30=\"", "\"e3\""),
      changed("\"e30=\"", "{}"),
      changed("\"5558d722\"", "[]"),
      changed("\"ModifyIndex\": 6", "\"ModifyIndex\": 0"),
      changed("\"ModifyIndex\": 6", "\"ModifyIndex\": -6"),
      changed("\"ModifyIndex\": 6", "\"ModifyIndex\": 6.5"),
      changed("\"ModifyIndex\": 6", "\"ModifyIndex\": 9223372036854775808"),
      changed("\"ModifyIndex\": 6", "\"Modify\": 6"),
      changed("\"Flags\": 0", "\"Flags\": -1"),
      std::string(100'000, '['),
  };
  for (const std::string& body : bodies) {
    EXPECT_THROW(read_look(reply(body), "a/b"), Error) << body.substr(0, 200);
  }
  for (const char* index : {"", "x", "-1", "7x", "99999999999999999999"}) {
    EXPECT_THROW(read_look(reply("", 404, index), "a/b"), Error) << index;
  }
  HttpClient::Response without = reply("", 404);
  without.headers.clear();
  try {
    read_look(without, "a/b");
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUnavailable);
    EXPECT_TRUE(error.retryable());
    EXPECT_FALSE(error.outcome_unknown());
  }
}

TEST(ConsulReplies, TellWhatBecameOfALock) {
  const std::string results =
      R"({"Results": [{"KV": {}}, {"KV": )" + std::string{kEntry} + R"(}], "Errors": null})";
  const LockAnswer answer = read_lock_answer(reply(results), "a/b", "5558d722");
  EXPECT_EQ(answer.what, What::kLocked);
  EXPECT_EQ(answer.token, 6);
  EXPECT_EQ(answer_to(conflict(R"(failed to lock key "a/b", lock is already held)")), What::kHeld);
  EXPECT_EQ(answer_to(conflict(R"(failed to lock key "a/b" due to lock delay)")), What::kDelayed);
  EXPECT_EQ(answer_to(conflict(R"(key "a/b" exists)")), What::kChanged);
  EXPECT_EQ(answer_to(conflict(R"(failed index check for key "a/b", current modify index 2 != 3)")),
            What::kChanged);
  EXPECT_EQ(answer_to(conflict(R"(failed to check index, key "a/b" doesn't exist)")),
            What::kChanged);
  EXPECT_EQ(answer_to(conflict(R"(invalid session "5558d722")")), What::kNoSession);
  EXPECT_EQ(answer_to(conflict("Permission denied")), What::kRefused);
}

TEST(ConsulReplies, AreNotFooledByTheWordsOfAKey) {
  EXPECT_EQ(answer_to(conflict(R"(failed to lock key "lock is already held" due to lock delay)")),
            What::kDelayed);
  EXPECT_EQ(answer_to(conflict(R"(key "due to lock delay" exists)")), What::kChanged);
}

TEST(ConsulReplies, CountTheGreatestObstacle) {
  EXPECT_EQ(answer_to(R"({"Errors": [
                {"What": "failed index check for key \"a/b\", current modify index 2 != 3"},
                {"What": "failed to lock key \"a/b\", lock is already held"}]})"),
            What::kHeld);
}

TEST(ConsulReplies, LeaveTheOutcomeOpenIfAResultCannotBeRead) {
  for (const char* body :
       {"", "{}", R"({"Results": []})", R"({"Results": [{"KV": {"Session": "other"}}]})"}) {
    try {
      read_lock_answer(reply(body), "a/b", "5558d722");
      ADD_FAILURE() << body;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kUnavailable);
      EXPECT_TRUE(error.outcome_unknown());
    }
  }
  for (const char* body : {"", "{}", R"({"Errors": []})", R"({"Errors": [7]})",
                           R"({"Errors": [{"What": "something new"}]})"}) {
    EXPECT_THROW(read_lock_answer(reply(body, 409), "a/b", "5558d722"), Error) << body;
  }
}

TEST(ConsulReplies, ReadSessions) {
  EXPECT_EQ(read_session_id(reply(R"({"ID": "a045ba77-01d1"})")), "a045ba77-01d1");
  for (const char* body : {"", "[]", R"({"ID": ""})", R"({"ID": 7})", R"({"ID": "../kv/x"})"}) {
    EXPECT_THROW(read_session_id(reply(body)), Error) << body;
  }
  const std::string list =
      R"([{"ID": "1", "Name": "a"}, {"ID": "2", "Name": "b"}, {"ID": "3"}, 7])";
  EXPECT_THAT(read_sessions_named(reply(list), "b"), ElementsAre("2"));
  EXPECT_THAT(read_sessions_named(reply(list), "c"), IsEmpty());
  EXPECT_THROW(read_sessions_named(reply("{}"), "b"), Error);
}

TEST(ConsulReplies, ReadFlags) {
  EXPECT_TRUE(read_flag(reply("true\n")));
  EXPECT_FALSE(read_flag(reply("false")));
  EXPECT_THROW(read_flag(reply("")), Error);
  EXPECT_THROW(read_flag(reply("truefalse")), Error);
}

TEST(ConsulReplies, NameTheOwnerWhateverTheValueIs) {
  const auto owner = [](const std::string& value) {
    return owner_of({.value = value, .session = "s"});
  };
  EXPECT_EQ(owner(R"({"id": "x", "host": "h", "pid": 7})").id, "x");
  EXPECT_EQ(owner(R"({"fqdn": "h.example.org", "timestamp": 1700000000.5})").id, "s");
  EXPECT_EQ(owner(R"({"fqdn": "h.example.org", "timestamp": 1700000000.5})").fqdn, "h.example.org");
  for (const char* value : {"", "x", "[]", "7", "\xFF", R"({"id": 7, "pid": "x"})"}) {
    EXPECT_EQ(owner(value).id, "s") << value;
  }
}

TEST(ConsulReplies, TellWhichKeysMayBeTaken) {
  EXPECT_TRUE(may_be_locked({.value = ""}));
  EXPECT_TRUE(may_be_locked({.value = R"({"fqdn": "x"})"}));
  EXPECT_FALSE(may_be_locked({.value = "x"}));
  EXPECT_FALSE(may_be_locked({.value = "[{}]"}));
  EXPECT_FALSE(may_be_locked({.value = "{}", .flags = 1}));
}

}  // namespace
}  // namespace stint::consul
