package aws

import (
	"regexp"
	"strings"
)

// Denial is what the end of a message says of the policy that denied a call. The zero value says nothing.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
type Denial struct {
	// By is the type of the policy: "service control policy"; empty where the message does not say it.
	By string
	// Explicit says that a statement denies the call. Otherwise no policy of the type allows it.
	Explicit bool
}

// The types of policies that only a message tells of: they are not among what is read of a role.
const (
	BySessionPolicy  = "session policy"
	ByResourcePolicy = "resource-based policy"
	ByEndpointPolicy = "VPC endpoint policy"
)

var (
	explicitly = sentence(`with an explicit deny(?: in an? (?P<by>[a-z-]+(?: [a-z-]+)*? ?(?:policy|boundary)))?`)
	implicitly = sentence(`because no (?P<by>[a-z-]+(?: [a-z-]+)*? ?(?:policy|boundary)) allows`)
	spaces     = regexp.MustCompile(betweenWords)
)

// ReadDenial reads which policy denied a call.
func ReadDenial(message string) Denial {
	if found := explicitly.FindStringSubmatch(message); found != nil {
		return Denial{By: policyType(found[explicitly.SubexpIndex("by")]), Explicit: true}
	}
	if found := implicitly.FindStringSubmatch(message); found != nil {
		return Denial{By: policyType(found[implicitly.SubexpIndex("by")])}
	}
	return Denial{}
}

// denialOf reads which policy denied the call that a pattern matches from start to end. What follows may be of another call.
func denialOf(message string, start, end int) Denial {
	tail := message[end:min(len(message), end+mostAround)]
	if i := strings.Index(tail, "User: "); i >= 0 {
		tail = tail[:i]
	}
	return ReadDenial(message[start:end] + tail)
}

// policyType is the type of a policy as AWS writes it, however a tool wraps it.
func policyType(text string) string {
	text = spaces.ReplaceAllString(strings.ToLower(text), " ")
	if text == strings.ToLower(ByEndpointPolicy) {
		return ByEndpointPolicy
	}
	return text
}

// brokenOff reports whether a text that ends at end may go on in the next line: a tool that breaks the lines of the sentence
// breaks an ARN, too, that is longer than one.
func brokenOff(message string, start, end int) bool {
	rest := strings.TrimLeft(message[end:], " \t\r│")
	return strings.HasPrefix(rest, "\n") && strings.Contains(message[start:end], "\n")
}

// mostAround bounds how far a sentence reaches beyond what its pattern matches, in bytes.
const mostAround = 1 << 10

// quoted is AWS's sentence in a message, of which a pattern matches the part from start to end.
func quoted(message string, start, end int) string {
	head, tail := message[max(0, start-mostAround):start], message[end:min(len(message), end+mostAround)]
	from := 0
	if i := strings.LastIndex(head, "User: "); i >= 0 && !strings.Contains(head[i:], "\n") {
		from = i
	} else {
		// A tool writes one of these before AWS's sentence,
		for _, mark := range []string{": ", "\n", `"`, "“", "`"} {
			if i := strings.LastIndex(head, mark); i >= 0 {
				from = max(from, i+len(mark))
			}
		}
	}
	to, broken := len(tail), strings.Contains(message[start:end], "\n")
	// and one of these after it.
	for _, mark := range []string{"\n", `"`, "”", "`", "(Service:", "(RequestToken:", "{ RespMetadata", "{RespMetadata", " status code:", " Status Code:"} {
		if i := strings.Index(tail, mark); i >= 0 && !(broken && mark == "\n") {
			to = min(to, i)
		}
	}
	return strings.TrimSpace(strings.ToValidUTF8(spaces.ReplaceAllString(head[from:]+message[start:end]+tail[:to], " "), "\uFFFD"))
}
