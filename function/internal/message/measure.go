package message

import "github.com/go-json-experiment/json/jsontext"

// sizeLimit bounds all renderings together, counted as the JSON strings that SNS takes them in: SNS takes 256 KB.
const sizeLimit = 200_000

// fits measures a message in all its renderings, those of channels included.
func fits(m Message, channels []Channel) bool {
	if weight(m) > sizeLimit {
		return false
	}
	m = normal(m)
	text := machine(m)
	total := quoted(text)
	if total > sizeLimit {
		return false
	}
	r := render(m, text, Options{Channels: channels, Region: "ap-northeast-1"})
	total += quoted(r.Email) + quoted(r.SMS) + quoted(r.Subject)
	for _, texts := range r.Channels {
		for _, text := range texts {
			total += quoted(text)
		}
	}
	for name, values := range r.Attributes {
		for _, v := range values {
			total += lengths(name, v) + 16
		}
	}
	return total <= sizeLimit
}

// quoted is the length of a text as a JSON string.
func quoted(s string) int {
	b, err := jsontext.AppendQuote(make([]byte, 0, len(s)+len(s)/4+2), s)
	if err != nil {
		// A byte that is not UTF-8 becomes a replacement character of three bytes.
		return 3*len(s) + 2
	}
	return len(b)
}

// weight is less than a message's JSON has, and quick to know: the length of its longer texts and of its lists.
func weight(m Message) int {
	n := lengths(m.ID, m.Account)
	for _, c := range m.Changes {
		n += lengths(c.EventID, c.UserAgent, c.ErrorMessage, c.Actor.ARN)
	}
	for f := range m.findings() {
		n += lengths(f.ID, f.Role, f.Title, f.Detail, f.Fix.Summary, f.Fix.Document, f.Fix.Command)
		for _, e := range f.Evidence {
			n += lengths(e.Role, e.Policy, e.Sid, e.Text, e.Why)
		}
		for _, fn := range f.Functions {
			n += lengths(fn.ARN)
		}
	}
	return n
}

// lengths is how long texts are together.
func lengths(texts ...string) (n int) {
	for _, text := range texts {
		n += len(text)
	}
	return n
}
