package awstest

import (
	"context"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
)

// Answer is what an endpoint answers instead of the result of a call; an Err is a failure without an answer.
type Answer struct {
	// Name is what a test calls it.
	Name    string
	Status  int
	Headers map[string]string
	Body    string
	Err     error
}

// XMLAnswer has the form of an error of the query protocol, and JSONAnswer that of AWS's JSON and REST protocols.
func XMLAnswer(status int, code, message string) Answer {
	return Answer{Name: code, Status: status, Headers: map[string]string{"Content-Type": "text/xml"},
		Body: `<ErrorResponse><Error><Type>Sender</Type><Code>` + code + `</Code><Message>` + message + `</Message></Error><RequestId>1</RequestId></ErrorResponse>`}
}

// JSONAnswer gives the code in the header and in the body, as both protocols read one of them.
func JSONAnswer(status int, code, message string) Answer {
	return Answer{Name: code, Status: status, Headers: map[string]string{"Content-Type": "application/json", "X-Amzn-Errortype": code},
		Body: `{"__type":"` + code + `","message":"` + message + `"}`}
}

const page = "<!doctype html>\n<html lang=en><title>404 Not Found</title><h1>Not Found</h1><p>The requested URL was not found on the server.</p>"

// Unsupported are the forms in which endpoints say that they do not support a call of a service ("IAM").
func Unsupported(service string) []Answer {
	answer := JSONAnswer
	if service == "IAM" {
		answer = XMLAnswer
	}
	const notHere = "This operation is not supported in this Region."
	html := map[string]string{"Content-Type": "text/html; charset=utf-8"}
	out := []Answer{
		{Name: "404, a page of HTML", Status: 404, Headers: html, Body: page},
		{Name: "404, empty", Status: 404},
		{Name: "404, JSON without a code", Status: 404, Headers: map[string]string{"Content-Type": "application/json"}, Body: `{"message":"Not Found"}`},
		{Name: "405, a page of HTML", Status: 405, Headers: html, Body: page},
		{Name: "501, a page of HTML", Status: 501, Headers: html, Body: page},
		answer(501, "InternalFailure", "API for the service is not yet implemented"),
		answer(400, "ValidationException", notHere), answer(403, "AccessDeniedException", notHere),
		answer(403, "AccessDeniedException", "Unable to determine service/operation name to be authorized"),
	}
	for _, code := range []string{"UnknownOperationException", "InvalidAction", "UnsupportedOperationException", "UnsupportedAPIEndpointException", "NotImplemented"} {
		out = append(out, answer(400, code, "Could not find operation."))
	}
	return out
}

// Passing are the forms of failures that pass: throttling, failures of the service, and network errors.
func Passing(service string) []Answer {
	answer := JSONAnswer
	if service == "IAM" {
		answer = XMLAnswer
	}
	lookup := func(e net.DNSError) error {
		e.Name = "service.example.com"
		return &net.OpError{Op: "dial", Net: "tcp", Err: &e}
	}
	return []Answer{
		answer(400, "Throttling", "Rate exceeded"), answer(429, "TooManyRequestsException", "Rate exceeded"),
		answer(400, "ThrottlingException", "This rate is not supported in this moment"),
		answer(500, "ServiceFailure", "An internal error occurred"), answer(503, "ServiceUnavailable", "Service unavailable"),
		{Name: "502, a page of HTML", Status: 502, Headers: map[string]string{"Content-Type": "text/html"}, Body: page},
		{Name: "connection refused", Err: &net.OpError{Op: "dial", Net: "tcp", Err: io.ErrUnexpectedEOF}},
		{Name: "resolver out of order", Err: lookup(net.DNSError{Err: "server misbehaving", IsTemporary: true})},
		{Name: "resolver does not answer", Err: lookup(net.DNSError{Err: "i/o timeout", IsTimeout: true, IsTemporary: true})},
	}
}

// NoHost is the failure to find a host.
func NoHost(name string) Answer {
	return Answer{Name: "no such host", Err: &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}}}
}

// Gate stands between SDK clients and their endpoint. It notes each call as its service and name ("IAM GetRole"), and answers
// those that it has an answer for.
type Gate struct {
	answers map[string]Answer
	next    aws.HTTPClient

	mu    sync.Mutex
	calls []string
}

// Behind gives a configuration whose clients go through a new gate.
func Behind(cfg aws.Config, answers map[string]Answer) (aws.Config, *Gate) {
	g := &Gate{answers: answers, next: cfg.HTTPClient}
	cfg.HTTPClient = g
	return cfg, g
}

// Calls are the calls that came, each once, in order.
func (g *Gate) Calls() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Compact(slices.Sorted(slices.Values(g.calls)))
}

// Do answers a request.
func (g *Gate) Do(r *http.Request) (*http.Response, error) {
	call := callOf(r.Context())
	g.mu.Lock()
	g.calls = append(g.calls, call)
	g.mu.Unlock()
	a, ok := g.answers[call]
	switch {
	case !ok:
		return g.next.Do(r)
	case a.Err != nil:
		return nil, a.Err
	}
	header := http.Header{}
	for name, value := range a.Headers {
		header.Set(name, value)
	}
	return &http.Response{
		StatusCode: a.Status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: header, Request: r,
		ContentLength: int64(len(a.Body)), Body: io.NopCloser(strings.NewReader(a.Body)),
	}, nil
}

func callOf(ctx context.Context) string {
	return awsmiddleware.GetServiceID(ctx) + " " + awsmiddleware.GetOperationName(ctx)
}
