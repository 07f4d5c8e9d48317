// Command interop is the Go side of the interoperability tests. It uses the official client and its
// micro package, and nothing of ours.
//
//	interop client -server URL -service NAME -request JSON ...
//	interop service -server URL
//
// As a client it makes the requests, asks the service who it is and what it has done, and prints all
// answers as one JSON object. It fails if an answer does not fit the official types exactly.
//
// As a service it answers on rpc.interop.v1.EchoService.Echo, says "ready ID" and ends with its
// standard input.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/micro"
)

const timeout = 5 * time.Second

// request is one request as the command line gives it.
type request struct {
	Subject string            `json:"subject"`
	Body    string            `json:"body"`
	Headers map[string]string `json:"headers"`
}

// reply is the answer to a request.
type reply struct {
	Body    string      `json:"body"`
	Headers nats.Header `json:"headers"`
}

// summary is what a client prints.
type summary struct {
	Replies []reply     `json:"replies"`
	Ping    micro.Ping  `json:"ping"`
	Info    micro.Info  `json:"info"`
	Stats   micro.Stats `json:"stats"`
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "interop:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) == 0 {
		return errors.New("want client or service as first argument")
	}
	flags := flag.NewFlagSet(args[0], flag.ContinueOnError)
	server := flags.String("server", nats.DefaultURL, "address of the server")
	service := flags.String("service", "", "name of the micro service to ask")
	var requests []request
	flags.Func("request", "a request to make, as JSON", func(text string) error {
		parsed, err := decode[request]([]byte(text))
		requests = append(requests, parsed)
		return err
	})
	if err := flags.Parse(args[1:]); err != nil {
		return err
	}
	nc, err := nats.Connect(*server)
	if err != nil {
		return err
	}
	defer nc.Close()
	switch args[0] {
	case "client":
		return runClient(nc, *service, requests)
	case "service":
		return runService(nc)
	}
	return fmt.Errorf("want client or service as first argument: found %s", args[0])
}

func runClient(nc *nats.Conn, service string, requests []request) error {
	var result summary
	for _, each := range requests {
		answer, err := send(nc, each)
		if err != nil {
			return fmt.Errorf("%s: %w", each.Subject, err)
		}
		result.Replies = append(result.Replies, answer)
	}
	if err := result.ask(nc, service); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(result)
}

func send(nc *nats.Conn, each request) (reply, error) {
	message := nats.NewMsg(each.Subject)
	message.Data = []byte(each.Body)
	for name, value := range each.Headers {
		message.Header.Set(name, value)
	}
	answer, err := nc.RequestMsg(message, timeout)
	if err != nil {
		return reply{}, err
	}
	return reply{Body: string(answer.Data), Headers: answer.Header}, nil
}

// ask asks everybody, then by name, then by name and id: each time the one service must answer.
func (s *summary) ask(nc *nats.Conn, service string) error {
	for _, scope := range []struct{ byName, byID bool }{{false, false}, {true, false}, {true, true}} {
		name, id := "", ""
		if scope.byName {
			name = service
		}
		if scope.byID {
			id = s.Ping.ID
		}
		var err error
		if s.Ping, err = askOne[micro.Ping](nc, micro.PingVerb, name, id); err != nil {
			return err
		}
		if s.Info, err = askOne[micro.Info](nc, micro.InfoVerb, name, id); err != nil {
			return err
		}
		if s.Stats, err = askOne[micro.Stats](nc, micro.StatsVerb, name, id); err != nil {
			return err
		}
		if err = s.check(service); err != nil {
			return err
		}
	}
	return nil
}

// check says what the official types cannot: which type string, and who answers.
func (s *summary) check(service string) error {
	types := [][2]string{
		{s.Ping.Type, micro.PingResponseType},
		{s.Info.Type, micro.InfoResponseType},
		{s.Stats.Type, micro.StatsResponseType},
	}
	for _, pair := range types {
		if pair[0] != pair[1] {
			return fmt.Errorf("want type %s: found %s", pair[1], pair[0])
		}
	}
	for _, identity := range []micro.ServiceIdentity{
		s.Ping.ServiceIdentity, s.Info.ServiceIdentity, s.Stats.ServiceIdentity,
	} {
		if identity.Name != service || identity.ID != s.Ping.ID || identity.Version != s.Ping.Version {
			return fmt.Errorf("want the identity of %s, id %s: found %+v", service, s.Ping.ID, identity)
		}
	}
	return nil
}

// askOne asks with the subject of the official package and reads the answer into its type.
func askOne[T any](nc *nats.Conn, verb micro.Verb, name, id string) (T, error) {
	var none T
	subject, err := micro.ControlSubject(verb, name, id)
	if err != nil {
		return none, err
	}
	answer, err := nc.Request(subject, nil, timeout)
	if err != nil {
		return none, fmt.Errorf("%s: %w", subject, err)
	}
	value, err := decode[T](answer.Data)
	if err == nil {
		err = checkComplete(answer.Data, value)
	}
	if err != nil {
		return none, fmt.Errorf("%s: %w in %s", subject, err, answer.Data)
	}
	return value, nil
}

// decode reads JSON that has no field which the type does not know.
func decode[T any](data []byte) (T, error) {
	var value T
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(&value)
	return value, err
}

// checkComplete finds fields that the official service writes and this answer lacks.
func checkComplete(data []byte, value any) error {
	official, err := json.Marshal(value)
	if err != nil {
		return err
	}
	var found, wanted any
	if err := errors.Join(json.Unmarshal(data, &found), json.Unmarshal(official, &wanted)); err != nil {
		return err
	}
	return compareFields("answer", found, wanted)
}

func compareFields(path string, found, wanted any) error {
	switch wanted := wanted.(type) {
	case map[string]any:
		found, isObject := found.(map[string]any)
		if !isObject {
			return fmt.Errorf("want an object at %s", path)
		}
		for _, name := range slices.Sorted(maps.Keys(wanted)) {
			if _, isThere := found[name]; !isThere {
				return fmt.Errorf("want %s.%s: it is missing", path, name)
			}
			if err := compareFields(path+"."+name, found[name], wanted[name]); err != nil {
				return err
			}
		}
	case []any:
		found, isArray := found.([]any)
		if !isArray || len(found) != len(wanted) {
			return fmt.Errorf("want an array of %d at %s", len(wanted), path)
		}
		for index := range wanted {
			if err := compareFields(fmt.Sprintf("%s[%d]", path, index), found[index], wanted[index]); err != nil {
				return err
			}
		}
	}
	return nil
}

func runService(nc *nats.Conn) error {
	service, err := micro.AddService(nc, micro.Config{
		Name:        "interop-v1-EchoService",
		Version:     "2.0.0",
		Description: "Echo in Go",
		Metadata:    map[string]string{"language": "go"},
	})
	if err != nil {
		return err
	}
	group := service.AddGroup("rpc.interop.v1.EchoService")
	if err := group.AddEndpoint("Echo", micro.HandlerFunc(answerEcho)); err != nil {
		return err
	}
	if err := nc.Flush(); err != nil {
		return err
	}
	fmt.Println("ready", service.Info().ID)
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		return err
	}
	return service.Stop()
}

type echo struct {
	Text string `json:"text"`
	By   string `json:"by"`
}

func answerEcho(request micro.Request) {
	message, err := decode[echo](request.Data())
	switch {
	case err != nil:
		err = request.Error("400", err.Error(), nil)
	case message.Text == "":
		err = request.Error("404", "no such thing", nil)
	default:
		headers := micro.Headers{"X-Reply": []string{request.Reply()}, "X-Tenant": request.Headers().Values("X-Tenant")}
		err = request.RespondJSON(echo{Text: message.Text, By: "go"}, micro.WithHeaders(headers))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "interop:", err)
	}
}
