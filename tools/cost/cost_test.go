package cost

import (
	"math"
	"strings"
	"testing"
)

func template(resources map[string]any) Template { return Template{"Resources": resources} }

func resource(kind string, properties map[string]any) map[string]any {
	return map[string]any{"Type": kind, "Properties": properties}
}

func home() map[string]any {
	return map[string]any{
		"Function": resource("AWS::Lambda::Function", map[string]any{"MemorySize": 512.0}),
		"Schedule": resource("AWS::Events::Rule", map[string]any{"ScheduleExpression": "rate(15 minutes)"}),
		"Mapping":  resource("AWS::Lambda::EventSourceMapping", nil),
		"One":      resource("AWS::CloudWatch::Alarm", map[string]any{"MetricName": "Errors"}),
		"Two": resource("AWS::CloudWatch::Alarm", map[string]any{"Metrics": []any{
			map[string]any{"Expression": "a - b"}, map[string]any{"MetricStat": map[string]any{}}, map[string]any{"MetricStat": map[string]any{}},
		}}),
		"Key":      resource("AWS::KMS::Key", nil),
		"Findings": resource("AWS::SNS::Topic", nil),
	}
}

func TestTemplatesAreCounted(t *testing.T) {
	other := map[string]any{
		"Beat": resource("AWS::Scheduler::Schedule", map[string]any{"ScheduleExpression": "rate(1 hour)"}),
		"Role": resource("AWS::IAM::Role", nil),
	}
	got, err := read([]Template{template(home()), template(other), template(other)})
	want := deployment{others: 2, alarmMetrics: 3, keys: 1, rules: 1, topics: 1, mappings: 1, ticksPerHour: 4, beatsPerHour: 2, memoryGB: 0.5}
	if err != nil || got != want {
		t.Errorf("%+v, %v, want %+v", got, err, want)
	}
	if calls := got.checkCalls(); calls != 2*1+2*3+1+1+7+1 {
		t.Errorf("a self-check makes %v calls", calls)
	}
	var alarmed float64
	for _, l := range got.bill(0) {
		if l.what == "alarms" {
			alarmed = l.dollars
		}
		if l.dollars < 0 || math.IsNaN(l.dollars) {
			t.Errorf("%s costs %v", l.what, l.dollars)
		}
	}
	if math.Abs(alarmed-0.3) > 1e-9 {
		t.Errorf("three alarm metrics cost %v", alarmed)
	}
}

// What nobody has priced must not cost nothing on the page.
func TestWhatHasNoPriceIsAnError(t *testing.T) {
	for what, edit := range map[string]func(map[string]any){
		"AWS::EC2::NatGateway has no price": func(r map[string]any) { r["Gateway"] = resource("AWS::EC2::NatGateway", nil) },
		"is not a rate": func(r map[string]any) {
			r["Schedule"] = resource("AWS::Events::Rule", map[string]any{"ScheduleExpression": "cron(0 0 * * ? *)"})
		},
		"has an unknown unit": func(r map[string]any) {
			r["Schedule"] = resource("AWS::Events::Rule", map[string]any{"ScheduleExpression": "rate(2 weeks)"})
		},
		"a deployment has alarms": func(r map[string]any) { delete(r, "Function") },
		"has no resources":        func(r map[string]any) { clear(r) },
	} {
		resources := home()
		edit(resources)
		if _, err := Idle([]Template{template(resources)}); err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("error %v lacks %q", err, what)
		}
	}
}

// A hub costs more with each account and with each event, and less than a deployment in each account. A member has nothing that costs by the
// month.
func TestAHubIsCounted(t *testing.T) {
	one, err := read([]Template{template(home())})
	if err != nil {
		t.Fatal(err)
	}
	resources := home()
	resources["Records"] = resource("AWS::Lambda::EventSourceMapping", nil)
	read2, err := read([]Template{template(resources)})
	if err != nil {
		t.Fatal(err)
	}
	member := map[string]any{"Beat": resource("AWS::Scheduler::Schedule", map[string]any{"ScheduleExpression": "rate(1 hour)"}), "Role": resource("AWS::IAM::Role", nil)}
	beats, err := readMember(template(member))
	if err != nil {
		t.Fatal(err)
	}
	h, last := hub{read2, beats}, 0.0
	for _, n := range sizes {
		idle, busy, apart := total(h.bill(n, 0)), total(h.bill(n, n*eventsPerAccount)), n*total(one.bill(eventsPerAccount))
		if idle <= last || busy <= idle || busy >= apart {
			t.Errorf("%v accounts: %v idle, %v busy, %v apart", n, idle, busy, apart)
		}
		last = idle
		for _, l := range h.bill(n, n*eventsPerAccount) {
			if l.dollars < 0 || math.IsNaN(l.dollars) {
				t.Errorf("%s costs %v", l.what, l.dollars)
			}
		}
	}
	member["Alarm"] = resource("AWS::CloudWatch::Alarm", nil)
	if _, err := readMember(template(member)); err == nil || !strings.Contains(err.Error(), "nothing that costs by the month") {
		t.Errorf("a member with an alarm: %v", err)
	}
}

func TestEachPriceHasItsPage(t *testing.T) {
	for _, p := range prices {
		if p.dollars <= 0 || p.per <= 0 || !strings.HasPrefix(p.page, "https://aws.amazon.com/") {
			t.Errorf("%+v", p)
		}
	}
	if len(prices) < 15 {
		t.Fatalf("%d prices", len(prices))
	}
}
