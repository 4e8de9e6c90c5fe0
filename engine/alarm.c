/* alarm: see alarm.h. */
#include "engine/alarm.h"

#include <stddef.h>

const struct alarm alarm_table[ALARM_KINDS] = {
    [ALARM_CLOCK_NOT_FOLLOWED] = {"clock-not-followed",
                                  "The wall clock stands more than an hour off and is not followed. Set it right, or start the engine again to accept it.",
                                  "系统时钟偏差超过一小时，引擎未跟随。请校正时钟；若时钟无误，请重启引擎以采用。"},
    [ALARM_CLOCK_BEHIND_LOG] = {"clock-behind-log",
                                "The last events are stamped more than an hour later than the clock says: for new ones time stands still until the clock is "
                                "there. Set it right if it is wrong.",
                                "最近的事件时间比系统时钟晚一小时以上：在时钟赶上之前，新事件的时间停在原处。时钟若有误，请校正。"},
    [ALARM_DISK_FULL] = {"disk-full", "The disk is full: events are turned away. Make room.", "磁盘已满：不接收事件。请腾出空间。"},
    [ALARM_DISK_NEARLY_FULL] = {"disk-nearly-full", "The disk is nearly full: new cases wait. Make room.", "磁盘将满：暂不受理新案件。请腾出空间。"},
    [ALARM_MAP_NEARLY_FULL] = {"map-nearly-full",
                               "More than four fifths of the map of a store are used. It is enlarged when it is full, if the process may have more address space.",
                               "存储映射已用超过八成。用满时会自动扩大，前提是进程可用的地址空间足够。"},
    [ALARM_KEYS_NOT_READ] = {"keys-not-read", "The list of keys has a mistake and is not followed: who was known before is. The log says where it is.",
                             "密钥名单有误，未予采用：仍按原名单放行。错误位置见运行日志。"},
};

const struct alarm *alarm_by_name(struct text name)
{
    for (int kind = 0; kind < ALARM_KINDS; kind++)
        if (text_is(name, alarm_table[kind].name))
            return &alarm_table[kind];
    return NULL;
}
