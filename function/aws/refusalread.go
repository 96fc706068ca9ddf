package aws

import (
	"regexp"
	"slices"
	"strings"
)

// Refused is what one message says.
type Refused struct {
	Refusal
	// Actions are the IAM actions that were denied ("ec2:CreateNetworkInterface"); none where the message names none. Calls are
	// the names in the message that are not known as an action of a service.
	Actions, Calls []string
	// Resource is the ARN that the message names as what the call was about; empty where it names none.
	Resource string
	// Value is the text that was given as the role where the meaning is RoleNotAnARN.
	Value string
	// Session is the ARN of the role's session that the message names, as CodeLacks and RoleNotPrincipal have it; Role and Function
	// are its two names.
	Session, Role, Function string
	// Sentence is the part of the message that AWS wrote, without what tools put around it.
	Sentence string
	// Denied says which policy denied the call, where the message does.
	Denied Denial
}

// ReadRefusal reads the message with which a call was refused, however a service wraps it; false for a message that is not in
// the table.
func ReadRefusal(message string) (Refused, bool) {
	for _, row := range refusals.rows {
		found := row.pattern.FindStringSubmatchIndex(message)
		if found == nil {
			continue
		}
		group := func(name string) string {
			i := row.pattern.SubexpIndex(name)
			if i < 0 || found[2*i] < 0 || brokenOff(message, found[0], found[2*i+1]) {
				return ""
			}
			return message[found[2*i]:found[2*i+1]]
		}
		out := Refused{Refusal: row, Value: group("value"), Session: group("session"), Sentence: quoted(message, found[0], found[1])}
		out.names(group("on"), group("call")+" "+group("calls"))
		out.Denied = denialOf(message, found[0], found[1])
		if MessageCut(message) {
			out.forgetEnd(message)
		}
		if a, err := ParseARN(out.Session); err == nil {
			out.Role = a.RoleName()
			out.Function = out.Session[strings.LastIndexByte(out.Session, '/')+1:]
		}
		return out, true
	}
	return Refused{}, false
}

// longestMessage is how long a message gets in a record, in bytes: CloudTrail cuts a longer one.
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
const longestMessage = 1 << 10

// MessageCut reports whether CloudTrail may have cut a message. Its last character may be one of several bytes, and an ellipsis
// may follow.
func MessageCut(message string) bool { return len(message) >= longestMessage-8 }

// forgetEnd takes away what reaches to the end of a message that may be cut: the rest of it is not known.
func (r *Refused) forgetEnd(message string) {
	end := strings.TrimRight(message, ".")
	for _, text := range []*string{&r.Resource, &r.Session, &r.Value} {
		if *text != "" && strings.HasSuffix(end, *text) {
			*text = ""
		}
	}
	cut := func(call string) bool {
		_, name, _ := strings.Cut(call, ":")
		return strings.HasSuffix(end, call) || name != "" && strings.HasSuffix(end, name)
	}
	r.Actions, r.Calls = slices.DeleteFunc(r.Actions, cut), slices.DeleteFunc(r.Calls, cut)
}

// callName finds the names of calls in a list, be they of an API or of an IAM action.
var callName = regexp.MustCompile(`\b(?:[a-z0-9-]+:)?[A-Z]\w+`)

// names takes what the message says of the service, or of the resource, and of the calls.
func (r *Refused) names(on, calls string) {
	on = strings.Trim(on, `.,;)"'`)
	service := refusalServices.rows[strings.ToLower(on)]
	if a, err := ParseARN(on); err == nil {
		r.Resource, service = on, a.Service
	}
	for _, call := range callName.FindAllString(calls, -1) {
		switch {
		case strings.Contains(call, ":"):
			r.Actions = append(r.Actions, call)
		case service == "":
			r.Calls = append(r.Calls, call)
		default:
			r.Actions = append(r.Actions, actionOf(service, call))
		}
	}
}

// actionOf is the IAM action of an API's call. The two differ where a call is authorized under another name.
func actionOf(service, call string) string {
	action := service + ":" + call
	if other, ok := authorizedAs.rows[action]; ok {
		return other
	}
	return action
}
