package cost

import (
	"fmt"
	"strings"
)

// Template is a synthesized template, decoded.
type Template = map[string]any

// deployment is what the templates of a deployment have that is paid for.
type deployment struct {
	// others are the stacks next to the home stack.
	others int
	// alarmMetrics counts the metrics that alarms evaluate: an alarm on an expression evaluates each metric of it.
	alarmMetrics             int
	keys, dashboards, emails int
	// rules and topics are what the self-check reads of.
	rules, topics int
	// mappings are the queues that Lambda polls.
	mappings     int
	ticksPerHour float64
	beatsPerHour float64
	memoryGB     float64
}

// read counts what templates have. A type that nobody has priced is an error, and so is a schedule that it cannot read.
func read(templates []Template) (deployment, error) {
	d := deployment{others: len(templates) - 1}
	for _, t := range templates {
		resources, _ := t["Resources"].(map[string]any)
		if len(resources) == 0 {
			return deployment{}, fmt.Errorf("a template has no resources")
		}
		for id, r := range resources {
			resource, _ := r.(map[string]any)
			if err := d.add(resource); err != nil {
				return deployment{}, fmt.Errorf("%s: %w", id, err)
			}
		}
	}
	if d.alarmMetrics == 0 || d.ticksPerHour == 0 || d.memoryGB == 0 || d.mappings == 0 {
		return deployment{}, fmt.Errorf("a deployment has alarms, a schedule, a function and an event source mapping: %+v", d)
	}
	return d, nil
}

// readMember counts what the template of a member of an organization's hub has, in one Region. It may have nothing that costs by the month.
func readMember(t Template) (deployment, error) {
	var d deployment
	resources, _ := t["Resources"].(map[string]any)
	for id, r := range resources {
		resource, _ := r.(map[string]any)
		if err := d.add(resource); err != nil {
			return deployment{}, fmt.Errorf("%s: %w", id, err)
		}
	}
	if d.beatsPerHour == 0 || d.alarmMetrics+d.keys+d.dashboards+d.mappings > 0 || d.ticksPerHour > 0 || d.memoryGB > 0 {
		return deployment{}, fmt.Errorf("a member has a heartbeat, and nothing that costs by the month: %+v", d)
	}
	return d, nil
}

func (d *deployment) add(resource map[string]any) (err error) {
	properties, _ := resource["Properties"].(map[string]any)
	kind, _ := resource["Type"].(string)
	switch kind {
	case "AWS::CloudWatch::Alarm":
		d.alarmMetrics += evaluated(properties)
	case "AWS::CloudWatch::Dashboard":
		d.dashboards++
	case "AWS::KMS::Key":
		d.keys++
	case "AWS::SNS::Subscription":
		// Each address is subscribed to findings and to operations.
		if properties["FilterPolicy"] != nil && properties["Protocol"] == "email" {
			d.emails++
		}
	case "AWS::Lambda::Function":
		memory, _ := properties["MemorySize"].(float64)
		d.memoryGB = memory / 1024
	case "AWS::Scheduler::Schedule":
		var each float64
		each, err = perHour(properties)
		d.beatsPerHour += each
	case "AWS::Lambda::EventSourceMapping":
		d.mappings++
	case "AWS::SNS::Topic":
		d.topics++
	case "AWS::Events::Rule":
		d.rules++
		if properties["ScheduleExpression"] != nil {
			d.ticksPerHour, err = perHour(properties)
		}
	default:
		if !free(kind) {
			err = fmt.Errorf("%s has no price", kind)
		}
	}
	return err
}

// free says that a type costs nothing by the month; what it costs by use is in the bill.
func free(kind string) bool {
	switch kind {
	case "AWS::SQS::Queue", "AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy", "AWS::DynamoDB::Table", "AWS::Logs::LogGroup",
		"AWS::Lambda::Permission", "AWS::CloudFormation::StackSet", "AWS::Events::EventBus", "AWS::Chatbot::SlackChannelConfiguration":
		return true
	}
	return strings.HasPrefix(kind, "AWS::IAM::")
}

// evaluated is how many metrics an alarm evaluates.
func evaluated(alarm map[string]any) (n int) {
	list, ok := alarm["Metrics"].([]any)
	if !ok {
		return 1
	}
	for _, m := range list {
		if query, _ := m.(map[string]any); query["MetricStat"] != nil {
			n++
		}
	}
	return n
}

// perHour is how often a schedule goes off.
func perHour(properties map[string]any) (float64, error) {
	expression, _ := properties["ScheduleExpression"].(string)
	var every float64
	var unit string
	if _, err := fmt.Sscanf(strings.TrimSuffix(expression, ")"), "rate(%g %s", &every, &unit); err != nil || every <= 0 {
		return 0, fmt.Errorf("schedule %q is not a rate", expression)
	}
	minutes, ok := map[string]float64{"minutes": 1, "minute": 1, "hours": 60, "hour": 60}[unit]
	if !ok {
		return 0, fmt.Errorf("schedule %q has an unknown unit", expression)
	}
	return 60 / (every * minutes), nil
}
