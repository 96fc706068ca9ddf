package awstest

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
)

// Call is a call of an AWS API as a proxy sees it.
type Call struct {
	// Service is the name that the request is signed for, "dynamodb". Operation is the API's, where the request names it: a REST API does not.
	Service, Operation string
	Body               []byte
}

// Fate is what becomes of a call.
type Fate int

// The fates.
const (
	// Answered calls are carried out and answered.
	Answered Fate = iota
	// Unavailable calls are not carried out: the answer is that the service is not available.
	Unavailable
	// Unanswered calls are carried out, and the connection is closed in place of an answer.
	Unanswered
)

// Proxy stands between the clients that have its URL and an emulator, as a network that fails.
type Proxy struct {
	// URL is the endpoint for the clients.
	URL string

	decide func(Call) (fate Fate, after func())
	to     atomic.Pointer[string]
}

// NewProxy starts a proxy that ends with the test. Decide gives the fate of each call, and what is done once the call is carried out,
// before it is answered; nil does nothing. It is called concurrently.
func NewProxy(t testing.TB, decide func(Call) (fate Fate, after func())) *Proxy {
	t.Helper()
	p := &Proxy{decide: decide}
	server := httptest.NewServer(p)
	t.Cleanup(server.Close)
	// Addresses that begin with localhost are those that the emulators give.
	p.URL = strings.Replace(server.URL, "127.0.0.1", "localhost", 1)
	return p
}

// To sends the calls to an endpoint. Until it is called, every call is unavailable.
func (p *Proxy) To(endpoint string) { p.to.Store(&endpoint) }

// onward carries calls out. A connection that an emulator has closed is not used again, and an answer is read as a whole.
var onward = wholeAnswers{&http.Transport{DisableKeepAlives: true}}

// ServeHTTP implements http.Handler.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	endpoint := p.to.Load()
	if err != nil || endpoint == nil {
		unavailable(w)
		return
	}
	fate, after := p.decide(Call{Service: signedFor(r), Operation: operationOf(r, body), Body: body})
	if fate == Unavailable {
		unavailable(w)
		return
	}
	// A call that was carried out stays so, whether or not its caller still waits.
	out, err := http.NewRequest(r.Method, *endpoint+r.URL.RequestURI(), bytes.NewReader(body))
	if err != nil {
		unavailable(w)
		return
	}
	out.Header = r.Header.Clone()
	answer, err := onward.RoundTrip(out)
	if err != nil {
		unavailable(w)
		return
	}
	defer answer.Body.Close()
	if after != nil {
		after()
	}
	if fate == Unanswered {
		// The server closes the connection of a handler that ends so, and writes no log.
		panic(http.ErrAbortHandler)
	}
	for name, values := range answer.Header {
		w.Header()[name] = values
	}
	w.WriteHeader(answer.StatusCode)
	// A caller that is gone has no use for the answer.
	_, _ = io.Copy(w, answer.Body)
}

func unavailable(w http.ResponseWriter) {
	w.Header().Set("X-Amzn-Errortype", "ServiceUnavailable")
	w.WriteHeader(http.StatusServiceUnavailable)
}

// signedFor is the service in the scope of a request's signature:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
func signedFor(r *http.Request) string {
	_, scope, _ := strings.Cut(r.Header.Get("Authorization"), "Credential=")
	scope, _, _ = strings.Cut(scope, ",")
	if parts := strings.Split(scope, "/"); len(parts) == 5 {
		return parts[3]
	}
	return ""
}

// operationOf is the operation as the JSON protocols name it in a header, and the query protocol in a form.
func operationOf(r *http.Request, body []byte) string {
	if _, name, ok := strings.Cut(r.Header.Get("X-Amz-Target"), "."); ok {
		return name
	}
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		form, err := url.ParseQuery(string(body))
		if err == nil {
			return form.Get("Action")
		}
	}
	return ""
}
