// Follows the tickets of an Onus account: who is responsible for each, as events tell it.
//
//	KAFKA_BROKERS=localhost:9092 ACCOUNT=<id> STATE=state.json GROUP=my-consumer go run .
//
// It deduplicates, keeps the order of each ticket, and goes on where it was after any restart: what it knows
// is written before Kafka is told that it was read, and an event that comes again is known by its sequence.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"os"
	"os/signal"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

type ticket struct {
	Sequence     int     `json:"sequence"`
	Revision     int     `json:"revision"`
	DepartmentID string  `json:"departmentId"`
	AgentID      *string `json:"agentId"`
}

type event struct {
	Type     string `json:"type"`
	Revision int    `json:"revision"`
	To       struct {
		DepartmentID string  `json:"departmentId"`
		AgentID      *string `json:"agentId"`
	} `json:"to"`
}

// Other events have another shape of `to`; only this one is read.
const changed = "responsibility.changed"

var ticketEvent = regexp.MustCompile(`^dev\.onus\.ticket\..+\.v1$`)

func env(name, fallback string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return fallback
}

func load(path string) (map[string]*ticket, error) {
	tickets := map[string]*ticket{}
	bytes, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return tickets, nil
	}
	if err != nil {
		return nil, err
	}
	return tickets, json.Unmarshal(bytes, &tickets)
}

// All or nothing: a process that dies while it writes leaves the file that was there.
func save(path string, tickets map[string]*ticket) error {
	bytes, err := json.Marshal(tickets)
	if err != nil {
		return err
	}
	if err := os.WriteFile(path+".new", bytes, 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

func handle(tickets map[string]*ticket, account string, record *kgo.Record) error {
	headers := map[string]string{}
	for _, header := range record.Headers {
		headers[header.Key] = string(header.Value)
	}
	// Ignore what you do not know: events and fields are added within a version.
	if record.Value == nil || !ticketEvent.MatchString(headers["ce_type"]) {
		return nil
	}
	if account != "" && headers["ce_source"] != "/accounts/"+account+"/tickets" {
		return nil
	}
	id := headers["ce_subject"]
	sequence, err := strconv.Atoi(headers["ce_sequence"])
	if err != nil {
		return err
	}
	known := tickets[id]
	if known == nil {
		known = &ticket{}
		tickets[id] = known
	}
	if sequence <= known.Sequence {
		return nil // It came before.
	}
	if sequence > known.Sequence+1 {
		return fmt.Errorf("%s: %d follows %d", id, sequence, known.Sequence)
	}
	if headers["ce_type"] == "dev.onus.ticket."+changed+".v1" {
		var change event
		if err := json.Unmarshal(record.Value, &change); err != nil {
			return err
		}
		known.Revision = change.Revision
		known.DepartmentID = change.To.DepartmentID
		known.AgentID = change.To.AgentID
	}
	known.Sequence = sequence
	fmt.Println(id, sequence)
	return nil
}

func run() error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	path := env("STATE", "state.json")
	tickets, err := load(path)
	if err != nil {
		return err
	}
	client, err := kgo.NewClient(
		kgo.SeedBrokers(strings.Split(env("KAFKA_BROKERS", "localhost:9092"), ",")...),
		kgo.ConsumerGroup(env("GROUP", "onus-example")),
		kgo.ConsumeTopics(env("TOPIC", "onus.ticket-events.v1")),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.SessionTimeout(10*time.Second),
		kgo.DisableAutoCommit(),
		// No partition goes to another member between what was handled and its commit.
		kgo.BlockRebalanceOnPoll(),
	)
	if err != nil {
		return err
	}
	defer client.Close()
	for {
		fetches := client.PollRecords(ctx, 500)
		if ctx.Err() != nil {
			return nil
		}
		if errs := fetches.Errors(); len(errs) > 0 {
			return errs[0].Err
		}
		for _, record := range fetches.Records() {
			if err := handle(tickets, os.Getenv("ACCOUNT"), record); err != nil {
				return err
			}
		}
		if err := save(path, tickets); err != nil {
			return err
		}
		if err := client.CommitUncommittedOffsets(ctx); err != nil && ctx.Err() == nil {
			return err
		}
		client.AllowRebalance()
	}
}

func main() {
	if err := run(); err != nil {
		log.Fatal(err)
	}
}
