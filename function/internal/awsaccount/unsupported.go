package awsaccount

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"regexp"
	"strings"

	"github.com/aws/smithy-go"
)

// unsupportedCodes are the error codes by which an endpoint says that it does not support a call: AWS's JSON and REST
// protocols have UnknownOperationException, and its query protocol has InvalidAction ("Common errors" in the API references).
// The others are modeled by single services, or are those of emulators.
var unsupportedCodes = map[string]bool{
	"UnknownOperationException": true, "UnknownOperation": true, "InvalidAction": true,
	"UnsupportedOperationException": true, "UnsupportedOperation": true, "OperationNotSupportedException": true,
	"UnsupportedAPIEndpointException": true, "NotImplementedException": true, "NotImplemented": true,
}

// notHere finds in a message that the Region lacks a call, whatever error code comes with it.
var notHere = regexp.MustCompile(`(?i)\bnot\s+(currently\s+|yet\s+)?(supported|available)\s+in\s+(this|the|your)\b[^.]*\bregion\b`)

// unnamed is in the message of AccessDeniedException when AWS does not know the call that it was to authorize.
const unnamed = "Unable to determine service/operation name to be authorized"

// anAPIPath finds in a message the path of an operation: an endpoint that does not know the operation took its path for the name
// of a resource, as ministack does.
var anAPIPath = regexp.MustCompile(`: /\d{4}-\d{2}-\d{2}/`)

// unsupported gives what the endpoint answered where that says that it does not support the call; empty otherwise.
func unsupported(err error) string {
	var e smithy.APIError
	if errors.As(err, &e) {
		switch {
		case unsupportedCodes[e.ErrorCode()]:
			return e.ErrorCode()
		case strings.Contains(e.ErrorMessage(), unnamed), anAPIPath.MatchString(e.ErrorMessage()), notHere.MatchString(e.ErrorMessage()):
			return e.ErrorCode() + ": " + strings.Join(strings.Fields(e.ErrorMessage()), " ")
		}
	}
	// What does not exist has an error code of its own, which Refused looks for first: any other 404 is of a path that the
	// endpoint does not know, as an emulator or a proxy answers, often with a page of HTML.
	var answer interface{ HTTPStatusCode() int }
	if errors.As(err, &answer) {
		switch status := answer.HTTPStatusCode(); status {
		case http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusNotImplemented:
			return fmt.Sprintf("HTTP status code %d", status)
		}
	}
	return ""
}

// noHost is the host that an error says does not exist; empty for any other error, one of the resolver among them.
func noHost(err error) string {
	var e *net.DNSError
	if errors.As(err, &e) && e.IsNotFound && !e.IsTemporary && !e.IsTimeout {
		return e.Name
	}
	return ""
}
