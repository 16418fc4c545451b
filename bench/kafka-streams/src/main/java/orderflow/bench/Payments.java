package orderflow.bench;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.UUID;

/** The workload: requests are paid from an account while it has enough, and declined otherwise. */
final class Payments {
    static final int ACCOUNTS = 10_000;
    static final long OPENING_BALANCE = 5_000;

    record Request(String orderId, long amount, String note) {}

    record Decision(String orderId, long amount, long balance, String reason) {}

    record Account(long balance, long decided) {}

    /** CloudEvents 1.0 in structured JSON, with the attributes that all of the system's events have. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Event<Data>(
        String specversion,
        String id,
        String source,
        String type,
        String subject,
        String time,
        String datacontenttype,
        int schemaversion,
        String correlationid,
        String causationid,
        Data data) {}

    /** Types for the parser, which cannot see generic arguments. */
    static final class RequestEvent {
        public String id;
        public String subject;
        public String correlationid;
        public Request data;
    }

    static final class DecisionEvent {
        public String type;
        public Decision data;
    }

    static Event<Request> request(String id, String account, long time, Request data) {
        return new Event<>("1.0", id, "/bench", "PaymentRequested", account, Instant.ofEpochMilli(time).toString(),
            "application/json", 1, id, id, data);
    }

    /** The answer to a request, with an id that a repetition makes again. */
    static Event<Decision> decide(RequestEvent request, Account account, long time) {
        boolean paid = request.data.amount() <= account.balance();
        String type = paid ? "PaymentMade" : "PaymentRefused";
        long balance = paid ? account.balance() - request.data.amount() : account.balance();
        Decision decision =
            new Decision(request.data.orderId(), request.data.amount(), balance, paid ? "" : "INSUFFICIENT_FUNDS");
        String name = "payments|" + request.id + "|" + type + "|" + request.subject;
        return new Event<>("1.0", UUID.nameUUIDFromBytes(name.getBytes(StandardCharsets.UTF_8)).toString(),
            "/processors/payments", type, request.subject, Instant.ofEpochMilli(time).toString(), "application/json", 1,
            request.correlationid, request.id, decision);
    }
}
